"""The 20 colour words of the world and what they look like."""

import torch
from torch import Tensor

COLOURS = {  # hue in degrees, saturation, value
    "red": (0, 0.9, 0.85),
    "green": (125, 0.8, 0.6),
    "blue": (225, 0.85, 0.85),
    "yellow": (55, 0.9, 0.95),
    "black": (0, 0, 0.08),
    "white": (0, 0, 0.96),
    "orange": (27, 0.95, 0.95),
    "purple": (275, 0.75, 0.62),
    "pink": (338, 0.42, 0.98),
    "brown": (24, 0.7, 0.42),
    "gray": (0, 0, 0.52),
    "cyan": (184, 0.7, 0.93),
    "navy": (231, 0.85, 0.34),
    "lime": (86, 0.85, 0.92),
    "teal": (178, 0.85, 0.45),
    "maroon": (350, 0.85, 0.38),
    "magenta": (305, 0.85, 0.88),
    "gold": (44, 0.78, 0.76),
    "olive": (62, 0.75, 0.45),
    "beige": (40, 0.25, 0.9),
}
NAMES = list(COLOURS)
CONTRAST = 0.45  # least distance of a thing's colour from its ground
_HSV = torch.tensor([COLOURS[name] for name in NAMES])


def index(*names: str) -> Tensor:
    """Indices of colour words, (len(names),)."""
    return torch.tensor([NAMES.index(name) for name in names])


def to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Hue in degrees, saturation and value in [0, 1], each (...,), to RGB (..., 3) in [0, 1]."""
    sector = torch.stack([(offset + hue / 60) % 6 for offset in (5.0, 3.0, 1.0)], -1)
    fade = torch.minimum(sector, 4 - sector).clamp(0, 1)
    return value[..., None] * (1 - saturation[..., None] * fade)


def shades(colour: Tensor, generator: torch.Generator) -> Tensor:
    """A shade of each colour index (N,), as RGB (N, 3): no two reds are the same."""
    hue, saturation, value = _HSV[colour].unbind(-1)
    jitter = torch.randn(3, *colour.shape, generator=generator)
    saturation = (saturation + 0.05 * jitter[1] * (saturation > 0)).clamp(0, 1)
    return to_rgb(hue + 5 * jitter[0], saturation, (value + 0.05 * jitter[2]).clamp(0, 1))


_RGB = to_rgb(*_HSV.unbind(-1)) * torch.tensor([0.9, 1.2, 0.7])  # the eye's rough weights
DISTANCE = torch.cdist(_RGB, _RGB, compute_mode="donot_use_mm_for_euclid_dist")  # (20, 20)


def contrasting(
    colour: Tensor, weights: Tensor, generator: torch.Generator, least: float = CONTRAST
) -> Tensor:
    """Draw for each colour index (N,) another one that stands out from it."""
    allowed = (DISTANCE[colour] > least) * weights
    return torch.multinomial(allowed, 1, generator=generator)[:, 0]
