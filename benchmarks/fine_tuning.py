"""What a step of full fine-tuning costs, with and without activation checkpointing.

`python benchmarks/fine_tuning.py [--trainers FT,RAdaFT --classes 100 --batch 32 --json FILE]`
ViT-B/16 with random weights, random pictures, float32, published settings. Both sides alternate
within one run; times are the least of each. Peak memory is what two first steps add,
gradients and optimiser states among it: on a CPU to a fresh process, on CUDA to the allocator.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import MB, Options, common, numbers, publish, require, tell
from benchmarks.steps_case import Step, peak_bytes
from benchmarks.turns import alternate
from rada import listing
from rada.backbones.backbone import Backbone
from rada.engine.registry import registered

DEFAULT = "FT,FLYP,FLYPCE,RAdaFT"
SIDES = {"kept": "", "recomputed": "recomputed"}  # activations; the word for benchmarks.steps_case


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=0)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--trainers", default=DEFAULT, help="names with commas between")
    parser.add_argument("--classes", type=numbers, default=[100])
    parser.add_argument("--batch", type=int, default=32, help="images a step")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--repeats", type=int, default=3, help="alternating steps of a case")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for an unknown trainer, backbone or device, or a bad number."""
    require(options, "batch", "repeats")
    known = registered()
    for name in options.trainers.split(","):
        if name not in known:
            raise ValueError(f'no trainer "{name}"; known: {", ".join(sorted(known))}')
    backbone = listing.named_backbone(options.backbone).to(options.device)
    for name in options.trainers.split(","):
        for num_classes in options.classes:
            tell(f"{name} K={num_classes}")
            yield measure(name, num_classes, backbone, options)


def measure(name: str, num_classes: int, backbone: Backbone, options: argparse.Namespace) -> dict:
    """One row of the table; memory None where the process that measures it failed."""
    step = Step(name, backbone, num_classes, options.batch)

    def take(word: str) -> None:
        backbone.activation_checkpointing = bool(word)
        step()

    times = alternate({side: partial(take, SIDES[side]) for side in SIDES}, options.repeats)
    row = {"trainer": name, "K": num_classes, "B": options.batch}
    row |= {f"{side} ms": 1000 * times[side] for side in SIDES}
    setting = options.backbone, num_classes, options.batch, options.device, options.threads
    for side, word in SIDES.items():
        peak = peak_bytes(name, *setting, word)
        row[f"{side} MB"] = None if peak is None else peak / MB
    return row


if __name__ == "__main__":
    sys.exit(main())
