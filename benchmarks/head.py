"""The RAda head in each of its forms beside a plain dense one: time and peak memory of a step.

`python benchmarks/head.py [--classes 10,100 --batch 1,32 --threads 2 --repeats 7 --json FILE]`
D = 512, 8 heads, float32. All heads take turns within one run; times are the least of each. "exact"
is what a trainer runs, "plain" and "linear" are its two forms, "dense" is the method as the
authors' program has it; "of faster" is exact's time over the lesser one of its forms. Peak memory
is what a step adds: on a CPU the resident peak of a fresh process, on CUDA the allocator's. "of
matmul" is the rate of exact's products (what it makes again included) over that of one (1600, 512)
x (512, 512) product, the least of many, in percent. What needs more than --memory GB is left out.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.flops import counted
from benchmarks.head_case import DIM, Case
from benchmarks.report import MB, Options, common, numbers, publish, require, tell
from benchmarks.turns import alternate
from rada.head.rational import FORMS

NAMES = {"auto": "exact", "plain": "plain", "linear": "linear", "dense": "dense"}


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--classes", type=numbers, default=[5, 10, 50, 100, 500, 1000])
    parser.add_argument("--batch", type=numbers, default=[1, 8, 32, 128])
    parser.add_argument("--repeats", type=int, default=11, help="alternating runs of a case")
    parser.add_argument("--seconds", type=float, default=3, help="a case ends early after these")
    parser.add_argument("--memory", type=float, default=6, help="GB that a head may take")
    parser.add_argument("--precision", default="fp32", help="fp32; on a GPU amp or amp_bf16 too")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for options that make none."""
    require(options, "repeats")
    rate = matmul_rate(options.device)
    for mode in ("train", "test"):
        for num_classes in options.classes:
            for num_images in options.batch:
                tell(f"{mode} K={num_classes} B={num_images}")
                where = options.device, options.precision
                yield measure(Case(mode, num_classes, num_images, *where), options, rate)


def matmul_rate(device: str) -> float:
    """FLOP/s of a product of the sizes that the head's projections have."""
    rows, weight = torch.randn(1600, DIM, device=device), torch.randn(DIM, DIM, device=device)
    product = {"": lambda: torch.mm(rows, weight)}
    return 2 * rows.numel() * DIM / alternate(product, repeats=50)[""]


def measure(case: Case, options: argparse.Namespace, rate: float) -> dict:
    """One row of the table; rate: of a product, FLOP/s."""
    steps = case.steps()
    known = {kind: case.needed_bytes(kind) / 1e9 for kind in ("plain", "dense")}
    kinds = [kind for kind in steps if known.get(kind, 0) <= options.memory]
    times = alternate({kind: steps[kind] for kind in kinds}, options.repeats, options.seconds)
    # a tiny step may fit into memory the process holds already
    peaks = {kind: max(0.1, case.peak_bytes(kind, options.threads) / MB) for kind in kinds}
    row = {"step": case.mode, "K": case.num_classes, "B": case.num_images}
    row |= {f"{name} ms": 1000 * times[k] if k in times else None for k, name in NAMES.items()}
    row["of faster"] = times["auto"] / min(times[form] for form in FORMS[1:] if form in times)
    row["of matmul %"] = 100 * counted(steps["auto"]) / times["auto"] / rate
    return row | {f"{name} MB": peaks.get(kind) for kind, name in NAMES.items()}


if __name__ == "__main__":
    sys.exit(main())
