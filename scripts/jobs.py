"""Run commands one after another or several at once; report each, stop all on Ctrl-C."""

import json
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from scripts.processes import Processes


@dataclass(frozen=True)
class Step:
    """A command whose results go to a folder."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Steps that need each other in this order."""

    steps: list[Step]


def run_jobs(jobs: list[Job], workers: int = 1) -> list[str]:
    """Run all jobs; a failed step ends its own job only.

    With one worker a run has the terminal to itself. With several, each run writes to console.txt
    in its folder, one bar counts the steps, and the cores are shared out by OMP_NUM_THREADS.

    Returns:
        One line for each failed step.
    """
    runner = Runner(workers, total=sum(len(job.steps) for job in jobs))
    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(runner.run, job) for job in jobs]
        failures = [future.result() for future in as_completed(futures)]
    except BaseException:
        runner.processes.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        runner.bar.close()
    return sorted(line for line in failures if line)


class Runner:
    """Runs jobs from several threads and reports them."""

    def __init__(self, workers: int, total: int):
        self.workers, self.total, self.begun = workers, total, 0
        self.processes = Processes()
        threads = str(max(1, (os.cpu_count() or 1) // workers))
        self.environment = os.environ | ({"OMP_NUM_THREADS": threads} if share(workers) else {})
        self.bar = tqdm(total=total, unit="run", disable=workers == 1)

    def run(self, job: Job) -> str:
        """Run the steps of a job until one fails; its failure in one line, empty if none."""
        for index, step in enumerate(job.steps):
            failure = self.run_step(step)
            if failure:
                self.begun += len(job.steps) - index - 1
                self.bar.update(len(job.steps) - index)
                return failure
            self.tell(f"{step.name}: {accuracy(step.folder)}")
            self.bar.update()
        return ""

    def run_step(self, step: Step) -> str:
        """Run one step; its failure in one line, empty if it succeeded."""
        environment = self.environment | step.environment
        if self.workers == 1:
            self.begun += 1
            print(f"\n[{self.begun}/{self.total}] {step.name}", flush=True)
            code = self.processes.run(step.command, environment, None)
            seen, log = "its error is printed above", step.folder / "log.txt"
        else:
            log = step.folder / "console.txt"
            try:
                step.folder.mkdir(parents=True, exist_ok=True)
                with log.open("ab") as console:
                    code = self.processes.run(step.command, environment, console)
            except OSError as error:
                return f"{step.name}: {error}"
            seen = last_line(log)
        if self.processes.stopped:
            return "stopped"
        if not code:
            return ""
        failure = f"{step.name} (exit code {code}): {seen} ({log})"
        self.tell(f"failed: {failure}")
        return failure

    def tell(self, line: str) -> None:
        """Print above the bar; with one worker the runs speak for themselves."""
        if self.workers > 1 and not self.processes.stopped:
            tqdm.write(line)


def share(workers: int) -> bool:
    """Whether the cores are to be shared out: several workers, and nobody has chosen otherwise."""
    return workers > 1 and "OMP_NUM_THREADS" not in os.environ


def accuracy(folder: Path) -> str:
    """The accuracy in a folder's results.json, in words."""
    try:
        metrics = json.loads((folder / "results.json").read_text())["metrics"]
        return f"{metrics['accuracy']:.1f}%"
    except (OSError, ValueError, KeyError, TypeError):
        return "no accuracy"


def last_line(log: Path) -> str:
    """The last line of a console that says something."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
