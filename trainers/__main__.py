"""`python -m trainers --list`: every trainer, what it does and how much of it is learned.

    python -m trainers --list [--backbone ViT-B/16] [--classes 50]

Needs neither weights nor a dataset. A mistake ends in one line and exit code 2.
"""

import argparse
import sys

from rada import environment
from rada.program import end_with_reader, run_program
from rada.toolbox import use_dassl


def cli(argv: list[str] | None = None) -> int:
    """Print the table, or the help without --list; returns the exit code."""
    environment.require()
    parser = argparse.ArgumentParser(
        prog="python -m trainers", description="What the trainers of this package learn."
    )
    parser.add_argument("--list", action="store_true", help="print a table of all trainers")
    parser.add_argument(
        "--backbone", default="ViT-B/16", help="a CLIP of OpenAI's, TinyCLIP or a checkpoint file"
    )
    parser.add_argument("--classes", type=int, default=50, help="number of classes")
    args = parser.parse_args(argv)
    if not args.list:
        parser.print_help()
        return 0
    return run_program(lambda: show(args.backbone, args.classes))


def show(backbone: str, classes: int) -> None:
    """Print the table."""
    use_dassl()
    from rada.listing import table

    print(table(backbone, classes))


if __name__ == "__main__":
    end_with_reader()
    sys.exit(cli())
