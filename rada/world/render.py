"""Drawing a Scene: RGB pictures of 32 x 32 pixels, before the camera."""

import functools

import torch
import torch.nn.functional as F
from torch import Tensor

from rada.world import glyphs, patterns, shapes
from rada.world.colours import shades
from rada.world.fields import REACH
from rada.world.scene import MOST, Scene

RESOLUTION = 32
_axis = (torch.arange(RESOLUTION) + 0.5) / RESOLUTION * 2 - 1
Y, X = torch.meshgrid(_axis, _axis, indexing="ij")


@functools.cache
def figures() -> Tensor:
    """Fields of all shapes, then of all written digits, (M, 1, SIDE, SIDE)."""
    return torch.cat([shapes.atlas(), glyphs.atlas()])


def render(scene: Scene, generator: torch.Generator) -> Tensor:
    """Draw N pictures.

    Returns:
        (N, 3, 32, 32), float32; roughly in [0, 1], the camera clips.
    """
    n = len(scene)
    pictures = _surface(
        scene.ground_pattern,
        (scene.ground, scene.ground2),
        (X.expand(n, -1, -1), Y.expand(n, -1, -1)),
        scene.ground_weave,
        scene.ground_period,
        generator,
    )
    pictures = pictures + (X * _wide(scene.light[:, :1]) + Y * _wide(scene.light[:, 1:]))
    paint = torch.stack([shades(scene.colour, generator), shades(scene.colour2, generator)])
    for k in range(MOST):
        rows = (scene.count > k).nonzero()[:, 0]
        if len(rows):
            thing = scene[rows]
            u, v = _inside(thing, k)
            cover = _cover(thing, u, v, thing.size[:, k])
            period = thing.period * thing.size[:, k]
            skin = _surface(thing.pattern, paint[:, rows], (u, v), thing.weave, period, generator)
            pictures[rows] = pictures[rows] * (1 - cover) + skin * cover
    return pictures


def _wide(values: Tensor) -> Tensor:
    """(N,) or (N, C) to (N, C, 1, 1)."""
    return values.reshape(len(values), -1, 1, 1)


def _turned(u: Tensor, v: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return u * cos + v * sin, v * cos - u * sin


def _inside(scene: Scene, k: int) -> tuple[Tensor, Tensor]:
    """Coordinates of every pixel in the frame of the k-th thing, each (N, 32, 32)."""
    place, size = scene.place[:, k, :, None, None], scene.size[:, k, None, None]
    u, v = _turned((X - place[:, 0]) / size, (Y - place[:, 1]) / size, scene.turn[:, k])
    stretch = scene.stretch[:, None, None]
    return u / stretch + scene.slant[:, None, None] * v, v * stretch


def _cover(scene: Scene, u: Tensor, v: Tensor, size: Tensor) -> Tensor:
    """Share of each pixel that the figure covers, (N, 1, 32, 32)."""
    where = torch.stack([u, v], -1) / REACH
    field = F.grid_sample(
        figures()[scene.figure], where, padding_mode="border", align_corners=False
    )
    field = field + _wide(scene.grow)
    pixels = field * _wide(size) * (RESOLUTION / 2)  # the field in pixels
    line = _wide(scene.line)
    pixels = torch.where(line > 0, line / 2 - pixels.abs(), pixels)
    return (pixels + 0.5).clamp(0, 1)


def _surface(pattern, colour, where, weave, period, generator) -> Tensor:
    """Two colours (indices, or RGB (2, N, 3)) blended by a pattern, (N, 3, 32, 32)."""
    if not torch.is_tensor(colour):
        colour = torch.stack([shades(c, generator) for c in colour])
    u, v = _turned(*where, weave)
    shift = torch.rand(2, len(pattern), 1, 1, generator=generator)
    shift = 16 * shift * ~torch.isin(pattern, patterns.CENTRED)[:, None, None]
    period = period[:, None, None]
    share = patterns.blend(pattern, u * period + shift[0], v * period + shift[1])[:, None]
    return colour[0][..., None, None] * (1 - share) + colour[1][..., None, None] * share
