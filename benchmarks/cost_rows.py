"""Rows and tables of benchmarks/cost.py."""

from benchmarks.report import MB

KEYS = ("trainer", "K", "B")
OWN = ("learned", "checkpoint kB")  # quantities of a trainer, then those of its steps
STEPS = ("train", "test")
UNITS = {"GFLOPs": 1e-9, "ms": 1e3, "MB": 1 / MB}  # of a step, from FLOPs, seconds and bytes
QUANTITIES = (*OWN, *(f"{step} {unit}" for unit in UNITS for step in STEPS))
SHARES = {f"mask {name} %": name for name in QUANTITIES}
COSTS = (
    *("learned", "tensors kB", "checkpoint kB", "train GFLOPs", "test GFLOPs", "train ms"),
    *("test ms", "train images/s", "test images/s", "train MB", "test MB"),
)

Sides = dict[str, float | None]  # a quantity "with" and "without" the mask; None: there is none


def cost_row(name: str, num_classes: int, found: dict, peaks_without: dict[str, int]) -> dict:
    """One row.

    Args:
        name: of the trainer.
        num_classes: K.
        found: what its process found (`benchmarks.cost_case`).
        peaks_without: bytes that steps add without the mask; empty for a trainer that has none.
    """
    sides = of_trainer(found)
    for step in STEPS:
        sides |= of_step(step, found, peaks_without)
    row = dict(zip(KEYS, (name, num_classes, found["B"]), strict=True))
    costs = {quantity: sides[quantity]["with"] for quantity in QUANTITIES}
    costs["tensors kB"] = 4 * found["learned"] / 1e3  # float32
    for step in STEPS:
        milliseconds = costs[f"{step} ms"]
        costs[f"{step} images/s"] = milliseconds and 1e3 * found["B"] / milliseconds
    row |= {name: costs[name] for name in COSTS}
    masked = bool(peaks_without)
    return row | {n: share(sides[of]) if masked else None for n, of in SHARES.items()}


def failed_row(name: str, num_classes: int, num_images: int, why: str) -> dict:
    """The row of a case that could not be measured."""
    row: dict = dict.fromkeys((*KEYS, *COSTS, *SHARES))
    row |= {"trainer": name, "K": num_classes, "B": num_images}
    return row | {f"{step} ms": why for step in STEPS}


def of_trainer(found: dict) -> dict[str, Sides]:
    """What is learned, and how large the files of a checkpoint are."""
    learned, files = found["learned"], found.get("checkpoint")
    sides = {"learned": {"with": learned, "without": learned - found["learned mask"]}}
    kilobytes = files and sum(files.values()) / 1e3
    rest = files and kilobytes - files.get("mask", 0) / 1e3
    return sides | {"checkpoint kB": {"with": kilobytes, "without": rest}}


def of_step(step: str, found: dict, peaks_without: dict[str, int]) -> dict[str, Sides]:
    """FLOPs by image, milliseconds and MB of a training or a test step."""
    measured = found.get(step, {"FLOPs": {}, "seconds": {}})
    flops = {side: count / found["B"] for side, count in measured["FLOPs"].items()}
    # beside a trainer that learns nothing a training step is compared with a forward pass
    without = peaks_without.get(step, peaks_without.get("test"))
    peaks = {"with": found["peaks"].get(step), "without": without}
    quantities = zip(UNITS.items(), (flops, measured["seconds"], peaks), strict=True)
    return {
        f"{step} {unit}": {side: scaled(sides.get(side), factor) for side in ("with", "without")}
        for (unit, factor), sides in quantities
    }


def scaled(value: float | None, factor: float) -> float | None:
    """In another unit."""
    return None if value is None else value * factor


def share(sides: Sides) -> float | None:
    """How much of a quantity with the mask is more than without it, percent."""
    if not sides["with"] or sides["without"] is None:
        return None
    return 100 * (1 - sides["without"] / sides["with"])


def cost_tables(rows: list[dict]) -> dict[str, list[dict]]:
    """The rows as two tables, by what stands above them: the costs, and what of them is the mask's.

    The second has the trainers with a mask only.
    """
    costs = [{name: row[name] for name in (*KEYS, *COSTS)} for row in rows]
    masks = [
        {name: row[name] for name in KEYS} | {f"{of} %": row[n] for n, of in SHARES.items()}
        for row in rows
        if row["mask learned %"] is not None
    ]
    return {"": costs} | ({"Of these the mask's, percent:": masks} if masks else {})
