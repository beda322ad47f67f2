"""What the mask costs: a training step of every RAdaX beside that of its X.

`python benchmarks/steps.py [--trainers CoOp,MaPLe --classes 50,500 --batch 4 --json FILE]`
ViT-B/16 with random weights, random pictures, float32, published settings. Both sides alternate
within one run; times are medians after a warm-up step. Peak memory is what two first steps add,
gradients and optimiser states among it: on a CPU to a fresh process, on CUDA to the allocator.

RAda alone stands beside ZeroshotCLIP, which has no training step: there X is the forward pass of
frozen CLIP. Class features that never change are made before the step, all others within it;
trainers whose class features depend on the image (CoCoOp) take one image a step.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.head import MB, numbers, surroundings  # noqa: E402
from benchmarks.steps_case import Case, Step  # noqa: E402
from models.backbone import Backbone  # noqa: E402
from trainers import listing, registered  # noqa: E402
from trainers.rada import WithRAda  # noqa: E402
from trainers.tuned_at_test import TunedAtTest  # noqa: E402


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
    parser.add_argument("--trainers", default="", help="X or RAdaX, with commas; default: all")
    parser.add_argument("--classes", type=numbers, default=[50, 500])
    parser.add_argument("--batch", type=int, default=4, help="images a step")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=11, help="alternating steps of a case")
    parser.add_argument("--seconds", type=float, default=30, help="a case ends early after these")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    return parser.parse_args(arguments)


def measure_all(options: argparse.Namespace) -> list[dict]:
    """All rows; the JSON is written anew after each, so that a long run may be cut short.

    Raises:
        ValueError: for an unknown trainer, backbone or device, or a number below 1.
        OSError: if the JSON cannot be written.
    """
    for key in ("batch", "threads", "repeats"):
        if getattr(options, key) < 1:
            raise ValueError(f"--{key} must be 1 or more, got {getattr(options, key)}")
    require_device(options.device)
    rows, pairs = [], chosen(options.trainers)
    backbone = listing.named_backbone(options.backbone).to(options.device)
    for with_mask, base in pairs.items():
        for num_classes in options.classes:
            print(f"\r{with_mask} K={num_classes}" + " " * 20, end="", file=sys.stderr)
            setting = options.backbone, num_classes, options.batch, options.device
            rows.append(measure(Case(base, with_mask, *setting), backbone, options))
            if options.json:
                report = {"command": " ".join(sys.argv), **surroundings(options), "rows": rows}
                options.json.write_text(json.dumps(report, indent=1) + "\n")
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return rows


def chosen(names: str) -> dict[str, str]:
    """The baselines of the chosen RAda versions, by the latter's names.

    Raises:
        ValueError: for a name that is neither a RAda version nor the baseline of one.
    """
    classes = listing.in_order(registered())
    masks = [n for n, cls in classes.items() if issubclass(cls, WithRAda)]
    trained = [name for name in masks if not issubclass(classes[name], TunedAtTest)]
    pairs = {name: listing.baseline(name, classes) for name in trained}
    wanted = names.split(",") if names else list(pairs)
    for name in wanted:
        if name not in pairs and name not in pairs.values():
            raise ValueError(f'no RAda version of "{name}"; known: {", ".join(pairs.values())}')
    return {name: base for name, base in pairs.items() if {name, base} & set(wanted)}


def require_device(name: str) -> None:
    """Raise ValueError for a device that is neither cpu nor a CUDA device of this machine."""
    if name != "cpu" and not (name.startswith("cuda") and torch.cuda.is_available()):
        raise ValueError(f'device "{name}" is not here; take cpu, or cuda where there is a GPU')


def measure(case: Case, backbone: Backbone, options: argparse.Namespace) -> dict:
    """One row of the table; memory None where the process that measures it failed."""
    steps, sides = case.steps(backbone), {"X": case.baseline, "RAdaX": case.with_mask}
    times = alternate(steps, options)
    row = {"X": case.baseline, "RAdaX": case.with_mask, "K": case.num_classes}
    row["B"] = steps[case.with_mask].num_images
    row |= {f"{side} ms": times[name] for side, name in sides.items()}
    row["mask %"] = 100 * (times[case.with_mask] / times[case.baseline] - 1)
    for side, name in sides.items():
        row[f"{side} learned"] = listing.learned_parameters(steps[name].trainer)
    for side, name in sides.items():
        peak = case.peak_bytes(name, options.threads)
        # a tiny step may fit into memory the process holds already
        row[f"{side} MB"] = None if peak is None else max(0.1, peak / MB)
    return row


def alternate(steps: dict[str, Step], options: argparse.Namespace) -> dict[str, float]:
    """Median milliseconds of each step, taken in turns after a warm-up."""
    times = {name: [] for name in steps}
    for step in steps.values():
        step()
    end = time.perf_counter() + options.seconds
    for turn in range(options.repeats):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(1000 * (time.perf_counter() - start))
        if turn >= 1 and time.perf_counter() > end:
            break
    return {name: statistics.median(values) for name, values in times.items()}


def shown(value: str | int | float | None) -> str:
    """A value as the table shows it."""
    return "-" if value is None else format(value, {int: ",", float: ",.1f"}.get(type(value), ""))


if __name__ == "__main__":
    sys.exit(main())
