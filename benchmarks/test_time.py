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
import json
import statistics
import sys
from pathlib import Path

import torch
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.head import MB, numbers, surroundings  # noqa: E402
from benchmarks.steps import require_device  # noqa: E402
from benchmarks.test_time_case import METHODS, Case, Timed  # noqa: E402
from trainers.listing import named_backbone  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Measure all cases, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    try:
        rows = measure_all(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    table = [[shown(value) for value in row.values()] for row in rows]
    print(tabulate(table, headers=list(rows[0]), disable_numparse=True, stralign="right"))
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", default=",".join(METHODS), help="names with commas between")
    parser.add_argument("--classes", type=numbers, default=[100, 200, 1000])
    parser.add_argument("--images", type=int, default=2, help="images a round")
    parser.add_argument("--episodes", type=int, default=8, help="images at once, for the memory")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2, help="rounds after the first")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser.parse_args(arguments)


def measure_all(options: argparse.Namespace) -> list[dict]:
    """All rows; the JSON is written anew after each, so that a long run may be cut short.

    Raises:
        ValueError: for an unknown method, backbone or device, or a number below 1.
        OSError: if the JSON cannot be written.
    """
    for key in ("images", "episodes", "threads", "repeats"):
        if getattr(options, key) < 1:
            raise ValueError(f"--{key} must be 1 or more, got {getattr(options, key)}")
    methods = options.methods.split(",")
    for method in methods:
        if method not in METHODS:
            raise ValueError(f'unknown method "{method}"; known: {", ".join(METHODS)}')
    require_device(options.device)
    backbone, rows = Timed(named_backbone(options.backbone).to(options.device)), []
    for method in methods:
        for num_classes in options.classes:
            print(f"\r{method} K={num_classes}" + " " * 20, end="", file=sys.stderr)
            sizes = options.backbone, num_classes, options.images, options.device
            rows.append(measure(Case(method, *sizes), backbone, options))
            if options.json:
                report = {"command": " ".join(sys.argv), **surroundings(options), "rows": rows}
                options.json.write_text(json.dumps(report, indent=1) + "\n")
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return rows


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


def shown(value: str | int | float | None) -> str:
    """A value as the table shows it."""
    return "-" if value is None else format(value, {int: ",", float: ",.2f"}.get(type(value), ""))


if __name__ == "__main__":
    sys.exit(main())
