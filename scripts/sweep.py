"""Run a protocol over datasets, seeds and trainers, then print the table.

    python -m scripts.sweep base2new world 1,2,3 CoOp,RAdaCoOp [KEY VALUE ...]

Called by the scripts, which set DATA, OUTPUT, SHOTS and PYTHON; JOBS=N runs N at once. A failed run
is reported and the others go on; the exit code is then 1. A mistake in the arguments ends in one
line and exit code 2 before anything runs.
"""

import argparse
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from results.finished import is_finished
from results.report import report
from results.runs import Run, run_folder
from scripts.arguments import config_of, datasets, positive, seeds, trainers
from scripts.jobs import Job, Step, run_jobs


@dataclass(frozen=True)
class Half:
    """One step of a protocol: the script that does it and the half its results go to."""

    script: str
    half: str
    classes: str


# A protocol: its folder below OUTPUT and its steps, each needing the one before.
PROTOCOLS = {
    "base2new": [
        Half("scripts/rada/base2new_train.sh", "base", "base"),
        Half("scripts/rada/base2new_test.sh", "new", "new"),
    ]
}


def main(argv: list[str] | None = None) -> int:
    """Check everything, run, print the table; the exit code.

    Raises:
        ValueError: for a mistake in the arguments or in the environment.
    """
    args = parse_args(argv)
    shots, workers = positive("SHOTS", "16"), positive("JOBS", "1")
    output = Path(os.environ.get("OUTPUT") or "output", args.protocol)
    keys = [
        (dataset, trainer, config_of(trainer, dataset), seed)
        for dataset in datasets(args.datasets)
        for trainer in trainers(args.trainers)
        for seed in seeds(args.seeds)
    ]
    jobs = [job(args.protocol, output, shots, key, args.opts) for key in keys]
    failures = run_jobs(jobs, workers)
    print_table(output, shots, set(keys))
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """PROTOCOL DATASETS SEEDS TRAINERS [KEY VALUE ...]"""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("datasets", help="names with commas between; world: the embedded sets, all")
    parser.add_argument("seeds", help="positive integers with commas between")
    parser.add_argument("trainers", help="names with commas between")
    parser.add_argument("opts", nargs=argparse.REMAINDER, help="KEY VALUE ... for train.py")
    return parser.parse_args(argv)


def job(protocol: str, output: Path, shots: int, key: tuple, opts: list[str]) -> Job:
    """The steps of one dataset, trainer and seed; complains now about a clash of options."""
    dataset, trainer, config, seed = key
    if len(opts) % 2:
        raise ValueError(f"options are pairs KEY VALUE, got: {' '.join(opts)}")
    steps = []
    for half in PROTOCOLS[protocol]:
        folder = output / run_folder(half.half, dataset, shots, trainer, config, seed)
        given = ["DATASET.NUM_SHOTS", str(shots), "DATASET.SUBSAMPLE_CLASSES", half.classes, *opts]
        is_finished(folder, given)
        command = ["bash", half.script, dataset, str(seed), trainer, *opts]
        name = f"{trainer} on {dataset}, seed {seed}, {half.classes} classes"
        steps.append(Step(name, command, folder, {"CFG": config}))
    return Job(steps)


def print_table(output: Path, shots: int, keys: set[tuple]) -> None:
    """The table of the runs asked for; all others stay out of it."""

    def keep(run: Run) -> bool:
        return run.shots == shots and (run.dataset, run.trainer, run.config, run.seed) in keys

    try:
        print("\n" + report(output, keep=keep)[0])
        print(f"\nEverything so far: python parse_test_res.py {output}")
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
