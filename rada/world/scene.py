"""What is in a batch of pictures, before it is drawn."""

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rada.world import colours, glyphs, shapes

MOST = 5  # things in a picture
DIGITS = len(shapes.NAMES)  # figures from this index on are digits, glyphs.VARIANTS for each
EVEN = torch.ones(len(colours.NAMES))
_CELLS = {  # where several things stand
    2: [(-0.5, 0.0), (0.5, 0.0)],
    3: [(-0.48, 0.45), (0.48, 0.45), (0.0, -0.45)],
    4: [(-0.48, -0.48), (0.48, -0.48), (-0.48, 0.48), (0.48, 0.48)],
    5: [(-0.62, -0.6), (0.62, -0.6), (0.0, 0.0), (-0.62, 0.6), (0.62, 0.6)],
}


@dataclass
class Scene:
    """N pictures, a row each in every tensor.

    Attributes:
        figure, count: which figure and how many of it (0: ground only), (N,).
        pattern, colour, colour2: its surface and colours, indices, (N,).
        ground_pattern, ground, ground2: the same of what is behind, (N,).
        place: centres (N, MOST, 2) in [-1, 1]; size: half sides (N, MOST); turn: radians (N, MOST).
        stretch, slant: width over height, and shear, (N,).
        grow: added to the figure's field, units of its half side, (N,); digits need half a pen.
        line: width of an outline in pixels, 0 for a filled figure, (N,).
        period, ground_period: pattern periods per half picture, (N,).
        weave, ground_weave: direction of the patterns, radians, (N,).
        light: gradient of brightness over the picture, (N, 2).
    """

    figure: Tensor
    count: Tensor
    pattern: Tensor
    colour: Tensor
    colour2: Tensor
    ground_pattern: Tensor
    ground: Tensor
    ground2: Tensor
    place: Tensor
    size: Tensor
    turn: Tensor
    stretch: Tensor
    slant: Tensor
    grow: Tensor
    line: Tensor
    period: Tensor
    ground_period: Tensor
    weave: Tensor
    ground_weave: Tensor
    light: Tensor

    def __len__(self) -> int:
        return len(self.figure)

    def __getitem__(self, rows) -> "Scene":
        """The pictures in `rows` (a slice, or indices)."""
        return Scene(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


def join(scenes: list[Scene]) -> Scene:
    """All pictures of several scenes."""
    names = [field.name for field in dataclasses.fields(Scene)]
    return Scene(**{name: torch.cat([getattr(s, name) for s in scenes]) for name in names})


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    """Numbers in [low, high)."""
    return low + (high - low) * torch.rand(*shape, generator=generator)


def plain_scene(figure: Tensor, generator: torch.Generator) -> Scene:
    """One figure a picture, large, near the centre, any colour on a contrasting plain ground."""
    n = len(figure)
    colour = torch.randint(len(colours.NAMES), (n,), generator=generator)
    return Scene(
        figure=figure,
        count=torch.ones(n, dtype=torch.long),
        pattern=torch.zeros(n, dtype=torch.long),
        colour=colour,
        colour2=colours.contrasting(colour, EVEN, generator),
        ground_pattern=torch.zeros(n, dtype=torch.long),
        ground=colours.contrasting(colour, EVEN, generator),
        ground2=colours.contrasting(colour, EVEN, generator),
        place=uniform(generator, -0.2, 0.2, n, MOST, 2),
        size=uniform(generator, 0.55, 0.85, n, MOST),
        turn=0.15 * torch.randn(n, MOST, generator=generator),
        stretch=(0.06 * torch.randn(n, generator=generator)).exp(),
        slant=torch.zeros(n),
        grow=torch.zeros(n),
        line=torch.zeros(n),
        period=uniform(generator, 2.4, 4, n),
        ground_period=uniform(generator, 1.8, 4, n),
        weave=uniform(generator, 0, math.pi, n),
        ground_weave=uniform(generator, 0, math.pi, n),
        light=0.06 * torch.randn(n, 2, generator=generator),
    )


def digit_figures(digit: Tensor, generator: torch.Generator) -> Tensor:
    """A way of writing each digit (N,), as figure indices."""
    variant = torch.randint(glyphs.VARIANTS, digit.shape, generator=generator)
    return DIGITS + digit * glyphs.VARIANTS + variant


def herd_layout(count: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Places (N, MOST, 2) and half sides (N, MOST) of `count` (N,) small things side by side."""
    n = len(count)
    place = uniform(generator, -0.07, 0.07, n, MOST, 2)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    for number, cells in _CELLS.items():
        rows = count == number
        place[rows, :number] += torch.tensor(cells) * flip[rows, None, None]
    flat = (count == 2) & (torch.rand(n, generator=generator) < 0.5)
    place[flat] = place[flat].flip(-1)
    size = uniform(generator, 0.4, 0.5, n, 1) * (1 - 0.08 * (count[:, None] - 2).clamp(min=0))
    return place, size * uniform(generator, 0.92, 1.08, n, MOST)
