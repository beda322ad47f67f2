"""The exact RAda head beside a plain dense one: time and peak memory of a step.

`python benchmarks/head.py [--classes 10,100 --batch 1,32 --threads 2 --repeats 7 --json FILE]`
D = 512, 8 heads, float32. Both heads alternate within one run; times are the least of each. Peak
memory is what a step adds: on a CPU the resident peak of a fresh process, on CUDA the allocator's.
"of matmul" is the rate of the exact head's products (what it makes again included) over that of one
(1600, 512) x (512, 512) product, the least of many, in percent.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.flops import counted  # noqa: E402
from benchmarks.head_case import DIM, Case  # noqa: E402
from benchmarks.report import MB, Options, common, numbers, publish, require, tell  # noqa: E402
from benchmarks.turns import alternate  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--classes", type=numbers, default=[10, 50, 100, 500, 1000])
    parser.add_argument("--batch", type=numbers, default=[1, 32])
    parser.add_argument("--repeats", type=int, default=11, help="alternating runs of a case")
    parser.add_argument("--seconds", type=float, default=3, help="a case ends early after these")
    parser.add_argument("--memory", type=float, default=6, help="GB the dense head may take")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for options that make none."""
    require(options, "repeats")
    rate = matmul_rate(options.device)
    for mode in ("train", "test"):
        for num_classes in options.classes:
            for num_images in options.batch:
                tell(f"{mode} K={num_classes} B={num_images}")
                yield measure(Case(mode, num_classes, num_images, options.device), options, rate)


def matmul_rate(device: str) -> float:
    """FLOP/s of a product of the sizes that the head's projections have."""
    rows, weight = torch.randn(1600, DIM, device=device), torch.randn(DIM, DIM, device=device)
    product = {"": lambda: torch.mm(rows, weight)}
    return 2 * rows.numel() * DIM / alternate(product, repeats=50)[""]


def measure(case: Case, options: argparse.Namespace, rate: float) -> dict:
    """One row of the table; rate: of a product, FLOP/s."""
    needed = case.dense_bytes() / 1e9
    kinds = ["exact", "dense"] if needed <= options.memory else ["exact"]
    steps = case.steps()
    sides = {kind: steps[kind] for kind in kinds}
    times = alternate(sides, options.repeats, options.seconds)
    # a tiny step may fit into memory the process holds already
    peaks = {kind: max(0.1, case.peak_bytes(kind, options.threads) / MB) for kind in kinds}
    row = {"step": case.mode, "K": case.num_classes, "B": case.num_images}
    row |= {"exact ms": 1000 * times["exact"], "exact MB": peaks["exact"]}
    row["of matmul %"] = 100 * counted(steps["exact"]) / times["exact"] / rate
    if "dense" in kinds:
        row |= {"dense ms": 1000 * times["dense"], "dense MB": peaks["dense"]}
        speed, memory = times["dense"] / times["exact"], peaks["dense"] / peaks["exact"]
        return row | {"times faster": speed, "times smaller": memory}
    row |= {"dense ms": "not run", "dense MB": f"needs about {needed:.1f} GB"}
    return row | {"times faster": None, "times smaller": needed * 1e9 / MB / peaks["exact"]}


if __name__ == "__main__":
    sys.exit(main())
