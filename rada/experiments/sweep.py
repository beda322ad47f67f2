"""Run a protocol over datasets, seeds and trainers, then print the table.

    python -m rada.experiments.sweep base2new world 1,2,3 CoOp,RAdaCoOp [KEY VALUE ...]

Called by the scripts, which set DATA, OUTPUT and PYTHON; JOBS=N runs N at once. A failed run is
reported and the others go on; the exit code is then 1. A mistake in the arguments ends in one line
and exit code 2 before anything runs.
"""

import argparse
import shlex
import sys
from typing import NoReturn

from rada.data.families import source_of
from rada.experiments import wise_ft
from rada.experiments.groups import plan
from rada.experiments.jobs import Job, run_jobs
from rada.experiments.layout import shots_text
from rada.experiments.numbers import positive
from rada.experiments.protocols import ADAPTED, MIXED, PROTOCOLS, SHIFTED, SOURCE, TARGET, TUNED
from rada.experiments.report import report
from rada.experiments.runs import Run
from rada.experiments.tasks import Task, experiment, rehearsal_apart, source
from rada.program import GOES_ON, run_program


def main(argv: list[str] | None = None) -> int:
    """Check everything, run, print the table; the exit code.

    Raises:
        ValueError: for a mistake in the arguments or in the environment.
    """
    args = parse_args(argv)
    workers = positive("JOBS", "1")
    positive("NPROC", "1")  # each training reads it: a mistake is told before any of them
    groups = plan(args.protocol, args.datasets, args.trainers, args.seeds, args.opts)
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


def job(first: Task, *tests: Task) -> Job:
    """The commands of a group."""
    then = tuple(job(task) for task in tests)
    return Job(describe(first), first.command(), first.folder, first.environment, then)


def describe(task: Task) -> str:
    """A run in words."""
    special = {"all": shots_text(task.shots), SOURCE: "training", TARGET: f"from {source()}"}
    special[ADAPTED], special[TUNED] = "at test time", f"fine-tuning, {shots_text(task.shots)}"
    special[SHIFTED], special[MIXED] = f"from {source_of(task.dataset)}", "WiSE-FT"
    what = special.get(task.part, f"{task.part} classes")
    return f"{task.trainer} on {task.dataset}, seed {task.seed}, {what}"


def print_table(protocol: str, tasks: list[Task]) -> None:
    """The table of the runs asked for; all others stay out of it."""
    keys = {(t.part, t.dataset, t.shots, t.trainer, t.config, t.seed) for t in tasks}

    def keep(run: Run) -> bool:
        return (run.part, run.dataset, run.shots, run.trainer, run.config, run.seed) in keys

    folder = experiment("finetune" if protocol == "wise_ft" else protocol)
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
