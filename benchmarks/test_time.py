"""Test-time training: images a second beside a plain loop over images, as the reference has it.

`python benchmarks/test_time.py [--methods TPT,RAdaTPT --classes 100,200,1000 --json FILE]`
ViT-B/16 with random weights, float32, 64 views of which 6 are kept, one step of AdamW. "tuning" is
all but the image encoder: text encoder, head, gradients, optimiser. There both sides have the same
image features (noise) and take turns within one run. The image encoder is timed in the same run, on
random pictures: the plain loop sends 64 views of an image and then the image again through it, ours
64 views. Times are seconds an image, the least of each side's rounds; the plain loop computes its
mask by the same exact head.

Memory is what episodes add beyond the encoders, in a fresh process on a CPU; for TPT, which is
tuned through the text encoder, it is not shown.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import MB, Options, common, numbers, publish, require, tell
from benchmarks.test_time_case import METHODS, VIEWS, Case, GivenImages
from benchmarks.turns import alternate
from rada.backbones.backbone import Backbone
from rada.listing import named_backbone


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--methods", default=",".join(METHODS), help="names with commas between")
    parser.add_argument("--classes", type=numbers, default=[100, 200, 1000])
    parser.add_argument("--images", type=int, default=2, help="images a round")
    parser.add_argument("--episodes", type=int, default=8, help="images at once, for the memory")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--repeats", type=int, default=2, help="rounds after the first")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for an unknown method, backbone or device, or a bad number."""
    require(options, "images", "episodes", "repeats")
    methods = options.methods.split(",")
    for method in methods:
        if method not in METHODS:
            raise ValueError(f'unknown method "{method}"; known: {", ".join(METHODS)}')
    backbone = named_backbone(options.backbone).to(options.device)
    tell("image encoder")
    encoding = encoder_seconds(backbone, options.repeats)
    for method in methods:
        for num_classes in options.classes:
            tell(f"{method} K={num_classes}")
            sizes = options.backbone, num_classes, options.images, options.device
            yield measure(Case(method, *sizes), GivenImages(backbone.model), encoding, options)


def measure(case: Case, backbone: Backbone, encoding: dict, options: argparse.Namespace) -> dict:
    """One row of the table."""
    sides, views = case.sides(backbone), case.views()
    rounds = {side: partial(adapt, views) for side, adapt in sides.items()}
    tuning = alternate(rounds, options.repeats)
    tuning = {side: seconds / case.num_images for side, seconds in tuning.items()}
    row = {"method": case.method, "K": case.num_classes}
    row |= {f"{side} encoder s": seconds for side, seconds in encoding.items()}
    row |= {f"{side} tuning s": seconds for side, seconds in tuning.items()}
    row["tuning times faster"] = tuning["plain"] / tuning["ours"]
    totals = {side: encoding[side] + tuning[side] for side in tuning}
    row |= {f"{side} images/s": 1 / seconds for side, seconds in totals.items()}
    row["all times faster"] = totals["plain"] / totals["ours"]
    held = case._replace(num_images=options.episodes)
    peak = held.peak_bytes(options.threads) if case.method != "TPT" else None
    row[f"MB, {options.episodes} images"] = None if peak is None else peak / MB
    return row


@torch.no_grad()
def encoder_seconds(backbone: Backbone, repeats: int) -> dict[str, float]:
    """Of an image's views in the image encoder, by side."""
    device = backbone.model.text_projection.device
    views = torch.randn(VIEWS, 3, backbone.image_size, backbone.image_size, device=device)
    calls = {"plain": (views, views[:1]), "ours": (views,)}
    rounds = {
        side: lambda batches=batches: [backbone.encode_image(batch) for batch in batches]
        for side, batches in calls.items()
    }
    return alternate(rounds, repeats)


if __name__ == "__main__":
    sys.exit(main())
