"""Fetch the datasets of the benchmark, unpack them where their readers expect them, check them.

    python -m rada.prepare --list                       # what exists, how it is obtained
    python -m rada.prepare caltech101 dtd --root DATA   # fetch, verify, unpack
    python -m rada.prepare --check --root DATA          # what is there, with its counts
    python -m rada.prepare --check dtd --deep           # and decode every picture

Folders are those of CoOp's DATASETS.md: a folder prepared for CoOp is complete already. What is in
place is not fetched again; after an interruption the same command goes on where it stopped.
Downloads need free space for an archive and its contents; archives are removed once unpacked.
Where no one but you can fetch something (a licence, a log-in, a site that is gone) it says what to
fetch from where and where to put it; archives that you put there are verified and unpacked.

Exit codes: 0 all is there, 2 something asked for is missing or wrong, 130 stopped.
"""

import argparse
import os
import sys

from rada import environment
from rada.files import did_you_mean
from rada.program import GOES_ON, run_program
from rada.toolbox import use_dassl

environment.require()
use_dassl()

from rada.prepare.check import ABSENT, COMPLETE, Row, check, wrong  # noqa: E402
from rada.prepare.place import folder_of, prepare  # noqa: E402
from rada.prepare.sources import SOURCES  # noqa: E402
from rada.prepare.tables import findings, instructions, overview  # noqa: E402


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line.

    Raises:
        ValueError: for a name that is none of the datasets, with the nearest.
    """
    parser = argparse.ArgumentParser(
        prog="python -m rada.prepare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("datasets", nargs="*", metavar="DATASET", help=f"all, or of {', '.join(SOURCES)}")
    add(
        "--root",
        default=os.environ.get("DATA") or "./data",
        help="folder of the datasets (default: $DATA, else ./data)",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--list", action="store_true", help="show what exists and stop")
    mode.add_argument(
        "--check", action="store_true", help="compare what is there with what should be"
    )
    add("--deep", action="store_true", help="with --check: decode every picture, list bad ones")
    add("--keep", action="store_true", help="keep downloaded archives once unpacked")
    args = parser.parse_args(argv)
    if "all" in args.datasets:
        args.datasets = list(SOURCES)
    if not (args.datasets or args.list or args.check):
        parser.error("name a dataset, or use --check or --list")
    if args.deep and not args.check:
        parser.error("--deep goes with --check")
    require_known(args.datasets)
    return args


def require_known(names: list[str]) -> None:
    """Raise ValueError for a name that is none of the datasets, with the nearest."""
    for name in names:
        if name not in SOURCES:
            raise ValueError(f'no dataset "{name}"{did_you_mean(name, SOURCES)}; see --list')


def main(argv: list[str] | None = None) -> None:
    """Run one command.

    Raises:
        ValueError, OSError: if anything asked for is missing or wrong, in one line.
    """
    args = parse_args(argv)
    if args.list:
        print(overview(args.datasets or SOURCES))
    elif args.check:
        check_all(args.datasets, args.root, args.deep)
    else:
        prepare_all(args.datasets, args.root, args.keep)


def check_all(stems: list[str], root: str, deep: bool) -> None:
    """Print what is found; with no dataset named, those that are absent are no fault."""
    rows = [check(stem, root, deep) for stem in stems or SOURCES]
    print(findings(rows))
    if not stems and all(row.state == ABSENT for row in rows):
        folder = os.path.abspath(os.path.expanduser(root))
        raise FileNotFoundError(
            f'no dataset in {folder}; "python -m rada.prepare NAME --root {root}" fetches one, '
            "or name another folder"
        )
    faulty = [row.stem for row in rows if wrong(row) or (stems and row.state == ABSENT)]
    if faulty:
        raise ValueError(
            f'not as it should be: {", ".join(faulty)}; "python -m rada.prepare '
            f'{" ".join(faulty)} --root {root}" fetches what is missing or says how'
        )


def prepare_all(stems: list[str], root: str, keep: bool) -> None:
    """Prepare datasets one after the other; one that fails does not stop the others."""
    rows = [prepare_one(stem, root, keep) for stem in dict.fromkeys(stems)]
    faults = [f"{row.stem}: {row.state}" for row in rows if row.state != COMPLETE]
    if faults:
        raise ValueError("; ".join(faults))


def prepare_one(stem: str, root: str, keep: bool) -> Row:
    """Prepare a dataset and say what came of it."""
    try:
        problems = prepare(stem, root, keep)
    except (OSError, ValueError) as error:
        return Row(stem, str(error))
    for problem in problems:
        print(f"{stem}: {problem}", file=sys.stderr)
    row = check(stem, root)
    if row.state == COMPLETE:
        counts = " / ".join(f"{number:,}" for number in row.counts[:3])
        notes = "".join(f"\n{note}" for note in row.notes)
        print(f"{stem} is complete: {counts} for training / validation / testing{notes}")
    elif row.counts is None and SOURCES[stem].by_hand:
        print(instructions(stem, folder_of(stem, root)))
    return row


def cli(argv: list[str] | None = None) -> int:
    """Run `main`; a mistake becomes one line on stderr and exit code 2."""
    return run_program(lambda: main(argv), stopped=GOES_ON)


if __name__ == "__main__":
    sys.exit(cli())
