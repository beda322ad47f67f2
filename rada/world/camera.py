"""What happens to a picture between the world and the file: colour, blur, noise, rounding."""

import torch
import torch.nn.functional as F
from torch import Tensor

from rada.world.scene import uniform

_LUMA = torch.tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)
_SEPIA = torch.tensor([1.0, 0.82, 0.6]).view(1, 3, 1, 1)
_HEAT = torch.tensor(  # from cold to hot: black, purple, red, orange, yellow, white
    [[0, 0, 0.05], [0.35, 0, 0.55], [0.85, 0.1, 0.3], [1, 0.5, 0], [1, 0.9, 0.2], [1, 1, 1]]
)


def luminance(pictures: Tensor) -> Tensor:
    """Brightness as the eye weighs it, (N, 1, 32, 32)."""
    return (pictures * _LUMA).sum(1, keepdim=True)


def mix(pictures: Tensor, others: Tensor, share: float) -> Tensor:
    """A blend of two batches; share 0 gives the first."""
    return pictures * (1 - share) + others * share


def sepia(pictures: Tensor) -> Tensor:
    """Brown tones for all colours."""
    return luminance(pictures) * _SEPIA


def false_colour(pictures: Tensor) -> Tensor:
    """Brightness shown as heat."""
    heat = luminance(pictures).clamp(0, 1)[:, 0] * (len(_HEAT) - 1)
    low = heat.floor().clamp(max=len(_HEAT) - 2).long()
    rest = (heat - low)[..., None]
    return (_HEAT[low] * (1 - rest) + _HEAT[low + 1] * rest).permute(0, 3, 1, 2)


def turn_hue(pictures: Tensor, degrees: float) -> Tensor:
    """Rotate all colours about the gray axis, as a camera with a wrong white balance does."""
    angle = torch.deg2rad(torch.tensor(degrees))
    third, side = (1 - angle.cos()) / 3, angle.sin() / 3**0.5
    row = torch.stack([angle.cos() + third, third - side, third + side])
    matrix = torch.stack([row, row.roll(1), row.roll(2)])
    return torch.einsum("ij,njhw->nihw", matrix, pictures)


def exposure(
    pictures: Tensor,
    generator: torch.Generator,
    blur: tuple[float, float] = (0, 0.5),
    noise: tuple[float, float] = (0, 0.05),
    gamma: tuple[float, float] = (0.85, 1.2),
    contrast: tuple[float, float] = (0.9, 1.05),
    saturation: tuple[float, float] = (0.85, 1.1),
) -> Tensor:
    """Take the photographs: every picture draws its own value from each range.

    Args:
        blur: standard deviation in pixels; noise: standard deviation, brightness 0 to 1;
        gamma: exponent, above 1 darkens.

    Returns:
        (N, 3, 32, 32), uint8.
    """
    n = len(pictures)
    ranges = (blur, noise, gamma, contrast, saturation)
    draw = [uniform(generator, *limits, n, 1, 1, 1) for limits in ranges]
    return develop(pictures, generator, *draw)


def develop(pictures, generator, blur, noise, gamma, contrast, saturation) -> Tensor:
    """As `exposure`, each setting given per picture, (N, 1, 1, 1)."""
    gray = pictures.mean(1, keepdim=True)
    pictures = 0.5 + (gray + (pictures - gray) * saturation - 0.5) * contrast
    pictures = blurred(pictures.clamp(0, 1) ** gamma, blur)
    pictures = pictures + noise * torch.randn(pictures.shape, generator=generator)
    return (pictures.clamp(0, 1) * 255).round().to(torch.uint8)


def blurred(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur, sigma (N, 1, 1, 1) in pixels below 2; each picture has its own."""
    n, channels, height, width = pictures.shape
    taps = torch.arange(-4, 5.0)
    kernel = torch.exp(-(taps**2) / (2 * sigma.view(n, 1).clamp(min=0.05) ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    rows = F.pad(pictures, (4, 4, 4, 4), mode="reflect").reshape(1, n * channels, height + 8, -1)
    rows = F.conv2d(rows, kernel[:, None, None], groups=n * channels)
    return F.conv2d(rows, kernel[:, None, :, None], groups=n * channels).view_as(pictures)
