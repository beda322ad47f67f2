"""The 18 surface patterns of the world (and "plain"), as functions of a point of the plane."""

import functools
import math

import torch
from torch import Tensor

TAU = 2 * math.pi


def _edge(x: Tensor, width: float) -> Tensor:
    return torch.sigmoid(x / width)


def _cell(x: Tensor) -> Tensor:
    """Position inside a unit cell, in [-0.5, 0.5)."""
    return x - torch.floor(x) - 0.5


@functools.cache
def _lattice() -> Tensor:
    return torch.rand(32, 32, generator=torch.Generator().manual_seed(5))


def _noise(u: Tensor, v: Tensor) -> Tensor:
    """Smooth noise in [0, 1], a fixed table of random values, interpolated."""
    table, column, row = _lattice(), torch.floor(u), torch.floor(v)
    s, t = u - column, v - row
    s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
    x0, y0 = column.long() % 32, row.long() % 32
    x1, y1 = (x0 + 1) % 32, (y0 + 1) % 32
    upper = table[y0, x0] * (1 - s) + table[y0, x1] * s
    return upper * (1 - t) + (table[y1, x0] * (1 - s) + table[y1, x1] * s) * t


def _checkered(u, v):
    return _edge(torch.sin(TAU * 0.6 * u) * torch.sin(TAU * 0.6 * v), 0.12)


def _grid(u, v):
    return torch.maximum(
        _edge((0.8 * TAU * u).sin() - 0.75, 0.1), _edge((0.8 * TAU * v).sin() - 0.75, 0.1)
    )


def _brick(u, v):
    shifted = 0.55 * u + 0.5 * (torch.floor(v) % 2)
    return torch.maximum(
        _edge(_cell(v).abs() - 0.38, 0.04), _edge(_cell(shifted).abs() - 0.43, 0.03)
    )


def _woven(u, v):
    over = (torch.floor(u) + torch.floor(v)) % 2 == 0
    return torch.where(over, _edge((2 * TAU * u).sin(), 0.25), _edge((2 * TAU * v).sin(), 0.25))


def _scaly(u, v):
    row = 1.2 * v
    return _edge(
        torch.hypot(_cell(u + 0.5 * (torch.floor(row) % 2)), _cell(row) + 0.4) - 0.52, 0.06
    )


def _hatched(u, v):
    return torch.maximum(
        _edge((0.7 * TAU * (u + v)).sin() - 0.7, 0.1), _edge((0.7 * TAU * (u - v)).sin() - 0.7, 0.1)
    )


def _starry(u, v):
    x, y = _cell(0.8 * u), _cell(0.8 * v)
    return _edge(0.16 - (x.abs() * y.abs()).sqrt() - 0.45 * torch.hypot(x, y), 0.03)


def _ringed(u, v):
    return _edge(0.09 - (torch.hypot(_cell(0.75 * u), _cell(0.75 * v)) - 0.32).abs(), 0.03)


def _plaid(u, v):
    return (_edge((0.5 * TAU * u).sin() - 0.2, 0.15) + _edge((0.5 * TAU * v).sin() - 0.2, 0.15)) / 2


PATTERNS = {
    "plain": lambda u, v: torch.zeros_like(u),
    "striped": lambda u, v: _edge((TAU * u).sin(), 0.25),
    "dotted": lambda u, v: _edge(0.33 - torch.hypot(_cell(u), _cell(v)), 0.06),
    "checkered": _checkered,
    "zigzag": lambda u, v: _edge((TAU * (u + 1.1 * _cell(0.6 * v).abs())).sin(), 0.25),
    "wavy": lambda u, v: _edge((TAU * (u + 0.28 * (0.55 * TAU * v).sin())).sin(), 0.25),
    "grid": _grid,
    "brick": _brick,
    "speckled": lambda u, v: _edge(_noise(2.6 * u, 2.6 * v) - 0.7, 0.03),
    "swirled": lambda u, v: _edge(
        (0.8 * TAU * torch.hypot(u, v) + 2 * torch.atan2(v, u)).sin(), 0.25
    ),
    "radial": lambda u, v: _edge((9 * torch.atan2(v, u)).sin(), 0.25),
    "woven": _woven,
    "scaly": _scaly,
    "marbled": lambda u, v: _edge((TAU * (0.45 * u + 1.3 * _noise(0.8 * u, 0.8 * v))).sin(), 0.25),
    "hatched": _hatched,
    "starry": _starry,
    "ringed": _ringed,
    "blotchy": lambda u, v: _edge(_noise(0.9 * u, 0.9 * v) - 0.5, 0.05),
    "plaid": _plaid,
}
NAMES = list(PATTERNS)
CENTRED = torch.tensor([NAMES.index("swirled"), NAMES.index("radial")])  # must not be shifted


def blend(pattern: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Share of the second colour at each point.

    Args:
        pattern: indices into NAMES, (N,).
        u, v: coordinates in periods of the pattern, (N, H, W).

    Returns:
        (N, H, W) in [0, 1].
    """
    share = torch.zeros_like(u)
    for index in pattern.unique().tolist():
        chosen = pattern == index
        share[chosen] = PATTERNS[NAMES[index]](u[chosen], v[chosen])
    return share
