"""The exact RAda head beside a plain dense one: time and peak memory of a step.

`python benchmarks/head.py [--classes 10,100 --batch 1,32 --threads 2 --repeats 7 --json FILE]`
D = 512, 8 heads, float32. Both heads alternate within one run; times are medians. Peak memory is
what a step adds: on a CPU the resident peak of a fresh process, on CUDA the allocator's.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import torch
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.head_case import Case  # noqa: E402

MB = 2**20


def main(arguments: list[str] | None = None) -> None:
    """Measure all cases, print the table, write the JSON."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    cases = [
        Case(mode, num_classes, num_images, options.device)
        for mode in ("train", "test")
        for num_classes in options.classes
        for num_images in options.batch
    ]
    rows = []
    for case in cases:
        print(f"\r{case.mode} K={case.num_classes} B={case.num_images}   ", end="", file=sys.stderr)
        rows.append(measure(case, options))
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    table = [[f"{v:.1f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
    print(tabulate(table, headers=list(rows[0]), disable_numparse=True, stralign="right"))
    if options.json:
        report = {"command": " ".join(sys.argv), **surroundings(options), "rows": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=numbers, default=[10, 50, 100, 500, 1000])
    parser.add_argument("--batch", type=numbers, default=[1, 32])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=11, help="alternating runs of a case")
    parser.add_argument("--seconds", type=float, default=3, help="a case ends early after these")
    parser.add_argument("--memory", type=float, default=6, help="GB the dense head may take")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser.parse_args(arguments)


def numbers(text: str) -> list[int]:
    """ "10,50" as [10, 50].

    Raises:
        ValueError: if one is no whole number above 0.
    """
    values = [int(word) for word in text.split(",")]
    if min(values) < 1:
        raise ValueError(f"{text} holds a number below 1")
    return values


def measure(case: Case, options: argparse.Namespace) -> dict:
    """One row of the table."""
    needed = case.dense_bytes() / 1e9
    kinds = ["exact", "dense"] if needed <= options.memory else ["exact"]
    times = alternate(case, kinds, options)
    # a tiny step may fit into memory the process holds already
    peaks = {kind: max(0.1, case.peak_bytes(kind, options.threads) / MB) for kind in kinds}
    row = {"step": case.mode, "K": case.num_classes, "B": case.num_images}
    row |= {"exact ms": times["exact"], "exact MB": peaks["exact"]}
    if "dense" in kinds:
        row |= {"dense ms": times["dense"], "dense MB": peaks["dense"]}
        speed, memory = times["dense"] / times["exact"], peaks["dense"] / peaks["exact"]
        return row | {"times faster": speed, "times smaller": memory}
    row |= {"dense ms": "not run", "dense MB": f"needs about {needed:.1f} GB"}
    return row | {"times faster": None, "times smaller": needed * 1e9 / MB / peaks["exact"]}


def alternate(case: Case, kinds: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Median milliseconds of a step of each head, taken in turns after a warm-up."""
    steps = case.steps()
    times = {kind: [] for kind in kinds}
    for kind in kinds:
        steps[kind]()
    end = time.perf_counter() + options.seconds
    for turn in range(options.repeats):
        for kind in kinds:
            start = time.perf_counter()
            steps[kind]()
            times[kind].append(1000 * (time.perf_counter() - start))
        if turn >= 1 and time.perf_counter() > end:
            break
    return {kind: statistics.median(values) for kind, values in times.items()}


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


if __name__ == "__main__":
    main()
