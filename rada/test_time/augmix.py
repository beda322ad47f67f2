"""AugMix as TPT uses it: three chains of mild operations, mixed (Hendrycks et al., 1912.02781).

Severity 1, and no operation that changes colour, contrast, brightness or sharpness alone. All
randomness is PyTorch's default generator.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageOps

CHAINS = 3
LONGEST_CHAIN = 3
LEVELS = 0.1, 1.0  # of 10


def augmix(image: Image.Image) -> np.ndarray:
    """Pixels (H, W, 3), float32, 0 to 255, of an RGB image mixed with augmented ones."""
    pixels = np.asarray(image, np.float32)
    weights = torch.empty(CHAINS).exponential_()
    weights = (weights / weights.sum()).tolist()  # Dirichlet(1, 1, 1)
    own = torch.rand(()).item()  # Beta(1, 1)
    mixed = sum(weight * np.asarray(chain(image), np.float32) for weight in weights)
    return own * pixels + (1 - own) * mixed


def chain(image: Image.Image) -> Image.Image:
    """An image after one to three operations."""
    for _ in range(int(torch.randint(1, LONGEST_CHAIN + 1, ()))):
        operation = OPERATIONS[int(torch.randint(len(OPERATIONS), ()))]
        image = operation(image)
    return image


def level(most: float) -> float:
    """A random strength: a tenth of a level to one level, of the ten levels up to `most`."""
    low, high = LEVELS
    return (low + (high - low) * torch.rand(()).item()) * most / 10


def signed(strength: float) -> float:
    """Its negative half of the time."""
    return strength if torch.rand(()) < 0.5 else -strength


def posterize(image: Image.Image) -> Image.Image:
    """Four bits a channel, or fewer."""
    return ImageOps.posterize(image, 4 - int(level(4)))


def solarize(image: Image.Image) -> Image.Image:
    """Invert the brightest pixels."""
    return ImageOps.solarize(image, 256 - int(level(256)))


def rotate(image: Image.Image) -> Image.Image:
    """By whole degrees."""
    return image.rotate(signed(int(level(30))), resample=Image.Resampling.BILINEAR)


def shear_x(image: Image.Image) -> Image.Image:
    """Along the rows."""
    return affine(image, 1, signed(level(0.3)), 0, 0, 1, 0)


def shear_y(image: Image.Image) -> Image.Image:
    """Along the columns."""
    return affine(image, 1, 0, 0, signed(level(0.3)), 1, 0)


def translate_x(image: Image.Image) -> Image.Image:
    """By whole pixels."""
    return affine(image, 1, 0, signed(int(level(image.width / 3))), 0, 1, 0)


def translate_y(image: Image.Image) -> Image.Image:
    """By whole pixels."""
    return affine(image, 1, 0, 0, 0, 1, signed(int(level(image.height / 3))))


def affine(image: Image.Image, *matrix: float) -> Image.Image:
    """The image through PIL's affine map; black comes in at the border."""
    bilinear = Image.Resampling.BILINEAR
    return image.transform(image.size, Image.Transform.AFFINE, matrix, resample=bilinear)


OPERATIONS: list[Callable[[Image.Image], Image.Image]] = [
    ImageOps.autocontrast,
    ImageOps.equalize,
    posterize,
    rotate,
    solarize,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
]
