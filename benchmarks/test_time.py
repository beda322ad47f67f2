"""Test-time training: images a second beside a plain loop over images, as the reference has it.

`python benchmarks/test_time.py [--methods TPT,RAdaTPT --classes 100,200,1000 --json FILE]`
ViT-B/16 with random weights, random pictures, float32, 64 views of which 6 are kept, one step of
AdamW. Both sides tune the same model to the same images in turns within one run; times are seconds
an image, medians over rounds. "image encoder" is the time in it; "tuning" is all the rest: text
encoder, head, gradients, optimiser. The plain loop computes its mask by the same exact head.

Memory is what episodes add beyond the encoders (features given), in a fresh process on a CPU;
for TPT, whose text encoder is what is tuned through, it is not shown.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import MB, common, numbers, publish, require, tell  # noqa: E402
from benchmarks.test_time_case import METHODS, Case, Timed  # noqa: E402
from trainers.listing import named_backbone  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
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
    backbone = Timed(named_backbone(options.backbone).to(options.device))
    for method in methods:
        for num_classes in options.classes:
            tell(f"{method} K={num_classes}")
            sizes = options.backbone, num_classes, options.images, options.device
            yield measure(Case(method, *sizes), backbone, options)


def measure(case: Case, backbone: Timed, options: argparse.Namespace) -> dict:
    """One row of the table."""
    encoding, tuning = alternate(case, backbone, options.repeats)
    row = {"method": case.method, "K": case.num_classes}
    row |= {f"{side} image encoder s": seconds for side, seconds in encoding.items()}
    row |= {f"{side} tuning s": seconds for side, seconds in tuning.items()}
    row["tuning times faster"] = tuning["plain"] / tuning["ours"]
    totals = {side: encoding[side] + tuning[side] for side in tuning}
    row |= {f"{side} images/s": 1 / seconds for side, seconds in totals.items()}
    row["all times faster"] = totals["plain"] / totals["ours"]
    held = case._replace(num_images=options.episodes)
    peak = held.peak_bytes(options.threads) if case.method != "TPT" else None
    row[f"MB, {options.episodes} images at once"] = None if peak is None else peak / MB
    return row


def alternate(case: Case, backbone: Timed, repeats: int) -> tuple[dict, dict]:
    """Median seconds an image in the image encoder and elsewhere, by side."""
    sides, views = case.sides(backbone), case.views(backbone)
    encoding, tuning = ({side: [] for side in sides} for _ in range(2))
    for turn in range(repeats + 1):
        for name, side in sides.items():
            backbone.seconds, start = 0.0, backbone.now()
            side(views)
            total = backbone.now() - start
            if turn:  # the first round warms up
                encoding[name].append(backbone.seconds / case.num_images)
                tuning[name].append((total - backbone.seconds) / case.num_images)
    medians = [
        {side: statistics.median(values) for side, values in found.items()}
        for found in (encoding, tuning)
    ]
    return medians[0], medians[1]


if __name__ == "__main__":
    sys.exit(main())
