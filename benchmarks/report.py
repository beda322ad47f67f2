"""What all benchmarks share: options, the table, the JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

import torch

from benchmarks.limits import limited_memory
from benchmarks.surroundings import command, surroundings
from benchmarks.tables import one_table, table
from rada.engine.errors import is_shortage

MB = 2**20
LOWER = ("classes", "batch", "images", "episodes")  # options that memory grows with

_told = [""]  # what is being measured


class Options(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End the process with exit code 2."""
        self.exit(2, f"error: {message}\n")


def common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that every benchmark has which computes with PyTorch."""
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    return with_json(parser)


def with_json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add --json."""
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser


def numbers(text: str) -> list[int]:
    """ "10,50" as [10, 50], for argparse.

    Raises:
        ArgumentTypeError: if one is no whole number above 0.
    """
    words = text.split(",")
    if not all(word.isdecimal() and int(word) for word in words):
        raise argparse.ArgumentTypeError(f'"{text}" is no list of numbers above 0, such as 50,500')
    return [int(word) for word in words]


def require(options: argparse.Namespace, *keys: str) -> None:
    """Raise ValueError for a device that is not here, or a number below 1."""
    for key in ("threads", *keys):
        if getattr(options, key, 1) < 1:
            raise ValueError(f"--{key} must be 1 or more, got {getattr(options, key)}")
    name = device_of(options)
    if name != "cpu" and not (name.startswith("cuda") and torch.cuda.is_available()):
        raise ValueError(f'device "{name}" is not here; take cpu, or cuda where there is a GPU')


def tell(what: str) -> None:
    """Say on stderr what is being measured; a shortage of memory names it."""
    _told[0] = what
    print(f"\r{what:40}\r{what}", end="", file=sys.stderr, flush=True)


def publish(
    options: argparse.Namespace,
    rows: Iterable[dict],
    digits: int = 1,
    tables: Callable[[list[dict]], dict[str, list[dict]]] = one_table,
) -> int:
    """Measure all rows and print them; the exit code.

    The JSON is written anew after each row, so that a long run may be cut short.

    Args:
        options: with those of `common`, or of `with_json` alone.
        rows: each measured as it is asked for; a ValueError, an OSError or too little memory ends
            all in one line, behind the rows before.
        digits: behind the point, fewer of large numbers.
        tables: what is printed of all rows, by title.
    """
    torch.set_num_threads(max(1, getattr(options, "threads", 1)))
    found: list[dict] = []
    mistake = measured(options, rows, found, digits)
    tell("")
    for title, part in tables(found).items() if found else ():
        print(title + "\n" * bool(title) + table(part, digits))
    if mistake:
        print(f"error: {mistake}", file=sys.stderr)
    return 2 if mistake else 0


def measured(
    options: argparse.Namespace, rows: Iterable[dict], found: list[dict], digits: int
) -> str:
    """Add each row to those found and write the JSON; what ended it too early, or nothing."""
    try:
        with limited_memory() if device_of(options) == "cpu" else nullcontext():
            for row in rows:
                found.append(row)
                write(options, found, digits)
    except (ValueError, OSError, RuntimeError, MemoryError) as error:
        return explained(error, options)
    return ""


def explained(error: Exception, options: argparse.Namespace) -> str:
    """What is wrong and what to do; an error that is no user's mistake is raised again."""
    if is_shortage(error) or is_shortage(error.__cause__):
        ways = " or ".join(f"--{key}" for key in LOWER if hasattr(options, key))
        return f"out of memory at {_told[0]}" + (f"; lower {ways}" if ways else "")
    if isinstance(error, RuntimeError):
        raise error
    return str(error)


def write(options: argparse.Namespace, rows: list[dict], digits: int) -> None:
    """Write the rows so far and how they were measured, if --json asks for it."""
    if options.json:
        where = surroundings(device_of(options))
        report = {"command": command(), **where, "digits": digits, "rows": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def device_of(options: argparse.Namespace) -> str:
    """Where a benchmark computes; one without --device on the CPU."""
    return getattr(options, "device", "cpu")
