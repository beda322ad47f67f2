"""Handwritten digits as pen strokes: the only thing from which the tiny CLIP learns digit words."""

import functools

import numpy as np
import torch
from torch import Tensor

from rada.world.fields import Field, Points, distance
from rada.world.strokes import STROKES

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
VARIANTS = 24  # ways of writing each digit in the atlas


@functools.cache
def atlas() -> Tensor:
    """Distance to the pen line, negated: (10 * VARIANTS, 1, SIDE, SIDE), float32, digit by digit.

    Being zero on the line and negative elsewhere, a field needs growing by half the pen's width.
    """
    rng = np.random.default_rng(10)
    fields = [_write(STROKES[word], rng) for word in WORDS for _ in range(VARIANTS)]
    return torch.from_numpy(np.stack(fields).astype(np.float32))[:, None]


def _write(habits: list[list[Points]], rng: np.random.Generator) -> Field:
    habit = habits[rng.integers(len(habits))]
    squeeze, bend = rng.uniform(0.75, 1.15), rng.normal(0, 0.08, 2)
    wobble = {point: rng.normal(0, 0.05, 2) for path in habit for point in path}

    def move(point):  # strokes that share a point stay joined
        x, y = np.array(point) + wobble[point]
        return x * squeeze + bend[0] * y * y, y * 0.95 + bend[1] * x

    return -np.minimum.reduce([distance(_smooth([move(p) for p in path])) for path in habit])


def _smooth(points: Points, steps: int = 5) -> Points:
    """A Catmull-Rom curve through the points."""
    p = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = [_segment(*p[i : i + 4], t) for i in range(len(points) - 1)]
    return [tuple(point) for point in np.concatenate([*curve, p[-1:]])]


def _segment(p0, p1, p2, p3, t):
    slope0, slope1 = (p2 - p0) / 2, (p3 - p1) / 2
    cubic, square = 2 * (p1 - p2) + slope0 + slope1, 3 * (p2 - p1) - 2 * slope0 - slope1
    return ((cubic * t + square) * t + slope0) * t + p1
