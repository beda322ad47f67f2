"""What the mask costs: a training step of every RAdaX beside that of its X.

`python benchmarks/steps.py [--trainers CoOp,MaPLe --classes 50,500 --batch 4 --json FILE]`
ViT-B/16 with random weights, random pictures, float32, published settings. Both sides alternate
within one run; times are the least of each. Peak memory is what two first steps add,
gradients and optimiser states among it: on a CPU to a fresh process, on CUDA to the allocator.

RAda alone stands beside ZeroshotCLIP, which has no training step: there X is the forward pass of
frozen CLIP. Class features that never change are made before the step, all others within it;
trainers whose class features depend on the image (CoCoOp) take one image a step.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import MB, Options, common, numbers, publish, require, tell
from benchmarks.steps_case import Case
from benchmarks.turns import alternate
from rada import listing
from rada.backbones.backbone import Backbone
from rada.engine.registry import registered
from rada.trainers.rada import WithRAda


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--trainers", default="", help="X or RAdaX, with commas; default: all")
    parser.add_argument("--classes", type=numbers, default=[50, 500])
    parser.add_argument("--batch", type=int, default=4, help="images a step")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--repeats", type=int, default=11, help="alternating steps of a case")
    parser.add_argument("--seconds", type=float, default=30, help="a case ends early after these")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for an unknown trainer, backbone or device, or a bad number."""
    require(options, "batch", "repeats")
    pairs = chosen(options.trainers)
    backbone = listing.named_backbone(options.backbone).to(options.device)
    for with_mask, base in pairs.items():
        for num_classes in options.classes:
            tell(f"{with_mask} K={num_classes}")
            setting = options.backbone, num_classes, options.batch, options.device
            yield measure(Case(base, with_mask, *setting), backbone, options)


def chosen(names: str) -> dict[str, str]:
    """The baselines of the chosen RAda versions, by the latter's names.

    Raises:
        ValueError: for a name that is neither a RAda version nor the baseline of one.
    """
    classes = listing.in_order(registered())
    masks = [n for n, cls in classes.items() if issubclass(cls, WithRAda)]
    trained = [name for name in masks if not classes[name].adaptation]
    pairs = {name: listing.baseline(name, classes) for name in trained}
    wanted = names.split(",") if names else list(pairs)
    for name in wanted:
        if name not in pairs and name not in pairs.values():
            raise ValueError(f'no RAda version of "{name}"; known: {", ".join(pairs.values())}')
    return {name: base for name, base in pairs.items() if {name, base} & set(wanted)}


def measure(case: Case, backbone: Backbone, options: argparse.Namespace) -> dict:
    """One row of the table; memory None where the process that measures it failed."""
    steps, sides = case.steps(backbone), {"X": case.baseline, "RAdaX": case.with_mask}
    times = alternate(steps, options.repeats, options.seconds)
    row = {"X": case.baseline, "RAdaX": case.with_mask, "K": case.num_classes}
    row["B"] = steps[case.with_mask].num_images
    row |= {f"{side} ms": 1000 * times[name] for side, name in sides.items()}
    row["mask %"] = 100 * (times[case.with_mask] / times[case.baseline] - 1)
    for side, name in sides.items():
        row[f"{side} learned"] = listing.learned_parameters(steps[name].trainer)
    for side, name in sides.items():
        peak = case.peak_bytes(name, options.threads)
        # a tiny step may fit into memory the process holds already
        row[f"{side} MB"] = None if peak is None else max(0.1, peak / MB)
    return row


if __name__ == "__main__":
    sys.exit(main())
