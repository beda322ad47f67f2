"""What all benchmarks share: options, the table, the JSON, where and when it was measured."""

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import torch
from tabulate import tabulate

MB = 2**20


def common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that every benchmark has."""
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser


def numbers(text: str) -> list[int]:
    """ "10,50" as [10, 50].

    Raises:
        ValueError: if one is no whole number above 0.
    """
    values = [int(word) for word in text.split(",")]
    if min(values) < 1:
        raise ValueError(f"{text} holds a number below 1")
    return values


def require(options: argparse.Namespace, *keys: str) -> None:
    """Raise ValueError for a device that is not here, or a number below 1."""
    for key in ("threads", *keys):
        if getattr(options, key) < 1:
            raise ValueError(f"--{key} must be 1 or more, got {getattr(options, key)}")
    name = options.device
    if name != "cpu" and not (name.startswith("cuda") and torch.cuda.is_available()):
        raise ValueError(f'device "{name}" is not here; take cpu, or cuda where there is a GPU')


def tell(what: str) -> None:
    """Say on stderr what is being measured."""
    print(f"\r{what:40}\r{what}", end="", file=sys.stderr, flush=True)


def publish(options: argparse.Namespace, rows: Iterator[dict], digits: int = 1) -> int:
    """Measure all rows and print them; the exit code.

    The JSON is written anew after each row, so that a long run may be cut short.

    Args:
        options: with those of `common`.
        rows: each measured as it is asked for; a ValueError or OSError ends all in one line.
        digits: behind the point.
    """
    torch.set_num_threads(max(1, options.threads))
    found = []
    try:
        for row in rows:
            found.append(row)
            if options.json:
                report = {"command": " ".join(sys.argv), **surroundings(options), "rows": found}
                options.json.write_text(json.dumps(report, indent=1) + "\n")
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    tell("")
    table = [[shown(value, digits) for value in row.values()] for row in found]
    print(tabulate(table, headers=list(found[0]), disable_numparse=True, stralign="right"))
    return 0


def shown(value: str | int | float | None, digits: int) -> str:
    """A value as the table shows it."""
    formats = {int: ",", float: f",.{digits}f"}
    return "-" if value is None else format(value, formats.get(type(value), ""))


def surroundings(options: argparse.Namespace) -> dict:
    """Where and when this was measured."""
    cuda = options.device != "cpu"
    return {
        "device": torch.cuda.get_device_name() if cuda else processor(),
        "threads": options.threads,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def processor() -> str:
    """The name of this machine's processor, as far as it is known."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "cpu"
