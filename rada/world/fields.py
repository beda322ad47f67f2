"""Plane figures as distance fields: positive inside, zero on the border, negative outside.

A figure lives in the square [-1, 1] x [-1, 1], y pointing down. A field holds, for each point of a
grid that reaches a quarter further, the distance to the figure's border. That one number gives
smooth edges, outlines of any width and growing or shrinking at no further cost.
"""

import numpy as np

SIDE = 64  # grid points per side
REACH = 1.25  # the grid covers [-REACH, REACH]

_axis = (np.arange(SIDE) + 0.5) / SIDE * 2 * REACH - REACH
X, Y = np.meshgrid(_axis, _axis)

Field = np.ndarray  # (SIDE, SIDE), float64
Points = list[tuple[float, float]]


def ellipse(x: float, y: float, rx: float, ry: float) -> Field:
    """An ellipse around (x, y); exact for circles, nearly so otherwise."""
    return (1 - np.hypot((X - x) / rx, (Y - y) / ry)) * min(rx, ry)


def polygon(points: Points) -> Field:
    """A closed polygon, filled by the even-odd rule."""
    inside = np.zeros_like(X, dtype=bool)
    for (x0, y0), (x1, y1) in _edges(points, closed=True):
        if y0 == y1:
            continue
        crosses = (y0 > Y) != (y1 > Y)
        inside ^= crosses & (x0 + (Y - y0) * (x1 - x0) / (y1 - y0) > X)
    return np.where(inside, 1, -1) * distance(points, closed=True)


def stroke(points: Points, width: float) -> Field:
    """An open line of the given width with round ends."""
    return width / 2 - distance(points)


def box(x0: float, y0: float, x1: float, y1: float) -> Field:
    """An upright rectangle between two corners."""
    return polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def distance(points: Points, closed: bool = False) -> Field:
    """Distance of each grid point to a polyline."""
    nearest = np.full_like(X, np.inf)
    for (x0, y0), (x1, y1) in _edges(points, closed):
        dx, dy = x1 - x0, y1 - y0
        along = ((X - x0) * dx + (Y - y0) * dy) / max(dx * dx + dy * dy, 1e-12)
        along = along.clip(0, 1)
        nearest = np.minimum(nearest, np.hypot(X - x0 - along * dx, Y - y0 - along * dy))
    return nearest


def union(*fields: Field) -> Field:
    """What lies in any of the figures."""
    return np.maximum.reduce(fields)


def cut(field: Field, *holes: Field) -> Field:
    """What lies in the figure and in none of the holes."""
    return np.minimum.reduce([field, *(-hole for hole in holes)])


def polar(radius, corners: int = 120, turn: float = -90.0) -> Points:
    """Corners of the curve radius(angle), the angle in radians, from `turn` degrees on."""
    angles = np.arange(corners) * 2 * np.pi / corners
    start = np.deg2rad(turn)
    return [(radius(a) * np.cos(a + start), radius(a) * np.sin(a + start)) for a in angles]


def regular(corners: int, radius: float = 0.95, turn: float = -90.0) -> Points:
    """Corners of a regular polygon, the first one at `turn` degrees (-90: on top)."""
    return polar(lambda angle: radius, corners, turn)


def mirrored(points: Points) -> Points:
    """The right half of a figure, listed from top to bottom, with its left half."""
    return points + [(-x, y) for x, y in reversed(points)]


def _edges(points: Points, closed: bool):
    ends = points[1:] + points[:1] if closed else points[1:]
    return zip(points, ends, strict=False)
