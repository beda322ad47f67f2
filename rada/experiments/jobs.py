"""Run commands one after another or several at once; report each, stop all on Ctrl-C."""

import json
import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from rada.experiments.processes import Processes


@dataclass(frozen=True)
class Job:
    """A command whose results go to a folder, and the jobs that need it to succeed."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    then: tuple["Job", ...] = ()

    def count(self) -> int:
        """How many commands it is in all."""
        return 1 + sum(job.count() for job in self.then)


def run_jobs(jobs: list[Job], workers: int = 1) -> list[str]:
    """Run all jobs; after a failed one only those that need it are left out.

    With one worker a run has the terminal to itself. With several, each run writes to console.txt
    in its folder, one bar counts the runs, and the cores are shared out by OMP_NUM_THREADS.

    Returns:
        One line for each failed job.
    """
    runner = Runner(workers, total=sum(job.count() for job in jobs))
    pool = ThreadPoolExecutor(workers)
    ready, running, failures = deque(jobs), {}, []
    try:
        while ready or running:
            while ready and len(running) < workers:
                job = ready.popleft()
                running[pool.submit(runner.run, job)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, failure = running.pop(future), future.result()
                if failure:
                    failures.append(failure)
                else:  # first what belongs to it, so that tables fill row by row
                    ready.extendleft(reversed(job.then))
    except BaseException:
        runner.processes.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        runner.bar.close()
    return sorted(failures)


class Runner:
    """Runs jobs from several threads and reports them."""

    def __init__(self, workers: int, total: int):
        self.workers, self.total, self.begun = workers, total, 0
        self.processes = Processes()
        threads = str(max(1, (os.cpu_count() or 1) // workers))
        self.environment = os.environ | ({"OMP_NUM_THREADS": threads} if share(workers) else {})
        self.bar = tqdm(total=total, unit="run", disable=workers == 1)

    def run(self, job: Job) -> str:
        """Run one command; its failure in one line, empty if it succeeded."""
        failure = self.run_command(job)
        if not failure:
            self.tell(f"{job.name}: {accuracy(job.folder)}")
        self.bar.update(job.count() if failure else 1)
        self.begun += job.count() - 1 if failure else 0
        return failure

    def run_command(self, job: Job) -> str:
        """Run the command alone; its failure in one line, empty if it succeeded."""
        environment = self.environment | job.environment
        if self.workers == 1:
            self.begun += 1
            print(f"\n[{self.begun}/{self.total}] {job.name}", flush=True)
            code = self.processes.run(job.command, environment, None)
            seen, log = "its error is printed above", job.folder / "log.txt"
        else:
            log = job.folder / "console.txt"
            try:
                job.folder.mkdir(parents=True, exist_ok=True)
                with log.open("ab") as console:
                    code = self.processes.run(job.command, environment, console)
            except OSError as error:
                return f"{job.name}: {error}"
            seen = last_line(log)
        if self.processes.stopped:
            return "stopped"
        if not code:
            return ""
        failure = f"{job.name} (exit code {code}): {seen} ({log})"
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
