"""The 36 things of the world, each a distance field (see fields.py), and their plurals."""

import functools

import numpy as np
import torch
from torch import Tensor

from rada.world import drawings
from rada.world.fields import box, cut, ellipse, mirrored, polar, polygon, regular, stroke, union

SHAPES = {
    "circle": lambda: ellipse(0, 0, 0.87, 0.87),
    "square": lambda: box(-0.77, -0.77, 0.77, 0.77),
    "triangle": lambda: polygon(regular(3)),
    "star": drawings.star,
    "heart": drawings.heart,
    "cross": lambda: union(box(-0.28, -0.9, 0.28, 0.9), box(-0.9, -0.28, 0.9, 0.28)),
    "ring": lambda: cut(ellipse(0, 0, 0.9, 0.9), ellipse(0, 0, 0.5, 0.5)),
    "moon": lambda: cut(ellipse(0, 0, 0.92, 0.92), ellipse(0.42, -0.05, 0.76, 0.76)),
    "diamond": lambda: polygon([(0, -0.98), (0.62, 0), (0, 0.98), (-0.62, 0)]),
    "hexagon": lambda: polygon(regular(6, 0.92, 0)),
    "arrow": lambda: union(
        box(-0.95, -0.23, 0.2, 0.23), polygon([(0.1, -0.72), (0.97, 0), (0.1, 0.72)])
    ),
    "drop": lambda: union(
        ellipse(0, 0.35, 0.58, 0.58), polygon([(0, -1), (0.51, 0.1), (-0.51, 0.1)])
    ),
    "cloud": drawings.cloud,
    "bolt": lambda: polygon(
        [(0.3, -1), (-0.6, 0.15), (-0.03, 0.15), (-0.3, 1), (0.6, -0.2), (0.05, -0.2)]
    ),
    "house": drawings.house,
    "cup": drawings.cup,
    "key": drawings.key,
    "bottle": lambda: polygon(mirrored([(0.17, -0.98), (0.17, -0.45), (0.45, -0.1), (0.45, 0.95)])),
    "hammer": lambda: union(box(-0.65, -0.9, 0.65, -0.4), box(-0.14, -0.5, 0.14, 0.98)),
    "boat": drawings.boat,
    "bell": drawings.bell,
    "crown": lambda: polygon(
        [(-0.9, 0.7), (-0.95, -0.6), (-0.45, 0), (0, -0.85), (0.45, 0), (0.95, -0.6), (0.9, 0.7)]
    ),
    "flag": lambda: union(
        box(-0.85, -0.95, -0.66, 0.97), polygon([(-0.7, -0.9), (0.92, -0.6), (-0.7, 0.2)])
    ),
    "gear": drawings.gear,
    "umbrella": drawings.umbrella,
    "ladder": lambda: union(
        *(box(x - 0.1, -0.97, x + 0.1, 0.97) for x in (-0.5, 0.5)),
        *(box(-0.5, y - 0.1, 0.5, y + 0.1) for y in (-0.62, 0, 0.62)),
    ),
    "bird": drawings.bird,
    "fish": lambda: union(
        ellipse(-0.2, 0, 0.72, 0.5), polygon([(0.25, 0), (0.97, -0.6), (0.97, 0.6)])
    ),
    "tree": drawings.tree,
    "flower": lambda: polygon(polar(lambda angle: 0.63 + 0.33 * np.cos(5 * angle), 200)),
    "leaf": lambda: cut(ellipse(0, -0.62, 1.0, 1.12), -ellipse(0, 0.62, 1.0, 1.12)),
    "mushroom": drawings.mushroom,
    "cat": drawings.cat,
    "rabbit": drawings.rabbit,
    "butterfly": drawings.butterfly,
    "snake": lambda: stroke([(x / 20, 0.5 * np.sin(x * 0.33)) for x in range(-18, 19)], 0.3),
}
NAMES = list(SHAPES)
PLURALS = {name: f"{name}s" for name in NAMES} | {
    "cross": "crosses",
    "fish": "fish",
    "leaf": "leaves",
    "butterfly": "butterflies",
}


@functools.cache
def atlas() -> Tensor:
    """The fields of all shapes in the order of NAMES, (36, 1, SIDE, SIDE), float32."""
    fields = np.stack([draw() for draw in SHAPES.values()])
    return torch.from_numpy(fields.astype(np.float32))[:, None]
