"""Run a protocol over datasets, seeds and trainers, then print the table.

    python -m scripts.sweep base2new world 1,2,3 CoOp,RAdaCoOp [KEY VALUE ...]

Called by the scripts, which set DATA, OUTPUT and PYTHON; JOBS=N runs N at once. A failed run is
reported and the others go on; the exit code is then 1. A mistake in the arguments ends in one line
and exit code 2 before anything runs.
"""

import argparse
import signal
import sys
from itertools import product
from pathlib import Path
from typing import NoReturn

from results.layout import shots_text
from results.protocols import ADAPTED, PROTOCOLS, SOURCE, TARGET
from results.report import report
from results.runs import Run
from scripts.arguments import datasets, positive, seeds, shots, targets, trainers
from scripts.jobs import Job, run_jobs
from scripts.planning import task_of
from scripts.tasks import Task, experiment, source


def main(argv: list[str] | None = None) -> int:
    """Check everything, run, print the table; the exit code.

    Raises:
        ValueError: for a mistake in the arguments or in the environment.
    """
    args = parse_args(argv)
    workers = positive("JOBS", "1")
    groups = plan(args)
    for task in (task for group in groups for task in group):
        task.finished()  # complains now about a clash of options
    failures = run_jobs([job(*group) for group in groups], workers)
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
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument(
        "datasets",
        help="names with commas between; world: the embedded sets, all: the benchmarks, shifts: "
        "those of imagenet; of a transfer its tests, others: the sets of the source's kind",
    )
    parser.add_argument("seeds", help="positive integers with commas between")
    parser.add_argument("trainers", help="names with commas between")
    parser.add_argument("opts", nargs=argparse.REMAINDER, help="KEY VALUE ... for train.py")
    return parser.parse_args(argv)


def plan(args: argparse.Namespace) -> list[list[Task]]:
    """Groups of runs: one that trains, and those that test its model; or one that needs none."""
    test = PROTOCOLS[args.protocol][-1].name
    tested = targets(args.datasets) if args.protocol == "transfer" else datasets(args.datasets)
    keys = product(tested, trainers(args.trainers), seeds(args.seeds), shots(args.protocol))
    groups: dict[Path, list[Task]] = {}
    for dataset, trainer, seed, number in keys:
        task = task_of(test, dataset, seed, trainer, number, args.opts)
        first = first_of(task)
        group = groups.setdefault(first.folder, [first])
        if task is not first:
            group.append(task)
    return list(groups.values())


def first_of(task: Task) -> Task:
    """The run that has to come before another, or this one.

    The training for a test has the test's options and may be skipped as finished; at test time it
    has none of them, and a finished one is taken as it is.
    """
    training = task.training
    if training is None or (task.part == ADAPTED and training.has_results()):
        return task
    return training


def job(first: Task, *tests: Task) -> Job:
    """The commands of a group."""
    then = tuple(job(task) for task in tests)
    environment = {"CFG": first.config, "SHOTS": str(first.shots)}
    return Job(describe(first), first.script(), first.folder, environment, then)


def describe(task: Task) -> str:
    """A run in words."""
    special = {"all": shots_text(task.shots), SOURCE: "training", TARGET: f"from {source()}"}
    special[ADAPTED] = "at test time"
    what = special.get(task.part, f"{task.part} classes")
    return f"{task.trainer} on {task.dataset}, seed {task.seed}, {what}"


def print_table(protocol: str, tasks: list[Task]) -> None:
    """The table of the runs asked for; all others stay out of it."""
    keys = {(t.part, t.dataset, t.shots, t.trainer, t.config, t.seed) for t in tasks}

    def keep(run: Run) -> bool:
        return (run.part, run.dataset, run.shots, run.trainer, run.config, run.seed) in keys

    try:
        print("\n" + report(experiment(protocol), keep=keep)[0])
        print(f"\nEverything so far: python parse_test_res.py {experiment(protocol)}")
    except OSError as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
