"""Run a protocol over datasets, seeds and trainers, then print the table.

    python -m rada.workers.sweep base2new world 1,2,3 CoOp,RAdaCoOp [KEY VALUE ...]

Called by the scripts, which set DATA, OUTPUT and PYTHON; JOBS=N runs N at once. A failed run is
reported and the others go on; the exit code is then 1. A mistake in the arguments ends in one line
and exit code 2 before anything runs.
"""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from rada.experiments import wise_ft
from rada.experiments.groups import plan
from rada.experiments.numbers import positive
from rada.experiments.protocols import PROTOCOLS
from rada.experiments.report import report
from rada.experiments.runs import Run
from rada.experiments.tasks import Task, experiment, rehearsal_apart
from rada.program import GOES_ON, run_program
from rada.workers.devices import shared_out, visible_gpus
from rada.workers.local import LocalEngine
from rada.workers.progress import Progress
from rada.workers.schedule import Schedule


def main(argv: list[str] | None = None) -> int:
    """Check everything, run, print the table; the exit code.

    Raises:
        ValueError: for a mistake in the arguments or in the environment.
    """
    args = parse_args(argv)
    workers = positive("JOBS", "1")
    positive("NPROC", "1")  # each training reads it: a mistake is told before any of them
    engine = engine_of(workers)
    groups = plan(args.protocol, args.datasets, args.trainers, args.seeds, args.opts)
    progress = Progress(folder_of(args.protocol), engine.at_once, apart=engine.at_once > 1)
    failures = Schedule(engine, progress).make(groups)
    print_table(args.protocol, [task for group in groups for task in group])
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


class OneLine(argparse.ArgumentParser):
    """Tells of missing arguments in one line, as the scripts of single runs do."""

    def error(self, message: str) -> NoReturn:
        """Raises ValueError."""
        raise ValueError(f"usage: {self.usage}")


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """PROTOCOL DATASETS SEEDS TRAINERS [KEY VALUE ...]"""
    parser = OneLine(
        description=__doc__.splitlines()[0],
        usage="SCRIPT [DATASETS] SEEDS TRAINERS [KEY VALUE ...], each a list with commas; "
        "what each script takes is said at its top",
    )
    parser.add_argument("protocol", choices=[*PROTOCOLS, "wise_ft"])
    parser.add_argument(
        "datasets",
        help="names with commas between; world: the embedded sets, all: the benchmarks, shifts: "
        "those of imagenet; of a transfer its tests, others: the sets of the source's kind",
    )
    parser.add_argument("seeds", help="positive integers with commas between")
    parser.add_argument("trainers", help="names with commas between")
    parser.add_argument("opts", nargs=argparse.REMAINDER, help="KEY VALUE ... for train.py")
    return parser.parse_args(argv)


def engine_of(workers: int) -> LocalEngine:
    """Workers of this machine: JOBS of them, shared out over its GPUs; they share its cores.

    Raises:
        ValueError: for runs of more processes than there are GPUs.
    """
    gpus, of_each = visible_gpus(), positive("JOBS_PER_GPU", "1")
    engine = LocalEngine(shared_out(gpus, workers, of_each, positive("NPROC", "1") if gpus else 1))
    if engine.at_once < workers:
        print(f"{engine.at_once} runs at a time, JOBS_PER_GPU={of_each} on {len(gpus)} GPUs")
    if engine.at_once > 1 and "OMP_NUM_THREADS" not in os.environ:
        os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // engine.at_once))
    return engine


def folder_of(protocol: str) -> Path:
    """Where the runs of a sweep are."""
    return experiment("finetune" if protocol == "wise_ft" else protocol)


def print_table(protocol: str, tasks: list[Task]) -> None:
    """The table of the runs asked for; all others stay out of it."""
    keys = {(t.part, t.dataset, t.shots, t.trainer, t.config, t.seed) for t in tasks}

    def keep(run: Run) -> bool:
        return (run.part, run.dataset, run.shots, run.trainer, run.config, run.seed) in keys

    folder = folder_of(protocol)
    quoted = shlex.quote(str(folder))
    try:
        if protocol == "wise_ft":
            print("\n" + wise_ft.report(folder, keep=keep))
            print(f"\nEverything so far: python parse_test_res.py {quoted} --wise-ft")
            return
        print("\n" + report(folder, keep=keep)[0])
        print(f"\nEverything so far: python parse_test_res.py {quoted}")
    except OSError as error:
        print(error, file=sys.stderr)


def cli(argv: list[str] | None = None) -> int:
    """Run `main`; a mistake becomes one line on stderr and exit code 2."""
    return run_program(lambda: rehearsal_apart() or main(argv), stopped=GOES_ON)


if __name__ == "__main__":
    sys.exit(cli())
