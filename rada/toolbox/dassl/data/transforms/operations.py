"""Transforms that torchvision does not have."""

import random
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from dassl.utils.lazy import Lazy

T, F = Lazy("torchvision.transforms"), Lazy("torchvision.transforms.functional")


class Random2DTranslation:
    """With probability p enlarge by an eighth and crop at random, else resize.

    Args:
        height, width: of the result, pixels.
        interpolation: an InterpolationMode of torchvision; bilinear by default.
    """

    def __init__(
        self,
        height: int,
        width: int,
        p: float = 0.5,
        interpolation: Any = None,
    ):
        self.height, self.width, self.p = height, width, p
        self.interpolation = interpolation or F.InterpolationMode.BILINEAR

    def __call__(self, img: Image) -> Image:
        size = [self.height, self.width]
        if random.uniform(0, 1) > self.p:
            return F.resize(img, size, self.interpolation)
        large = [round(1.125 * side) for side in size]
        left = round(random.uniform(0, large[1] - self.width))
        top = round(random.uniform(0, large[0] - self.height))
        return F.crop(F.resize(img, large, self.interpolation), top, left, *size)


class InstanceNormalization:
    """Subtract the mean and divide by the deviation of each channel of a picture (C, H, W)."""

    def __init__(self, eps: float = 1e-8):
        self.eps = eps

    def __call__(self, img: Tensor) -> Tensor:
        std, mean = torch.std_mean(img, dim=(1, 2), keepdim=True)
        return (img - mean) / (std + self.eps)


class Cutout:
    """Black out squares at random places, cut off at the border (DeVries and Taylor, 2017).

    Args:
        n_holes: how many.
        length: of a side, pixels.
    """

    def __init__(self, n_holes: int = 1, length: int = 16):
        self.n_holes, self.length = n_holes, length

    def __call__(self, img: Tensor) -> Tensor:
        height, width = img.shape[1:]
        img, half = img.clone(), self.length // 2
        for _ in range(self.n_holes):
            y, x = np.random.randint(height), np.random.randint(width)
            img[:, max(y - half, 0) : y + half, max(x - half, 0) : x + half] = 0
        return img


class GaussianNoise:
    """Add noise with probability p."""

    def __init__(self, mean: float = 0, std: float = 0.15, p: float = 0.5):
        self.mean, self.std, self.p = mean, std, p

    def __call__(self, img: Tensor) -> Tensor:
        if random.uniform(0, 1) > self.p:
            return img
        return img + torch.randn(img.size()) * self.std + self.mean


class RandomStrengthAugment:
    """n of RandAugment's operations, each with probability p and at a strength drawn at random.

    The operations are torchvision's.
    """

    strengths = 31

    def __init__(self, n: int = 2, p: float = 1.0):
        self.n, self.p = n, p

    def __call__(self, img: Image) -> Image:
        for _ in range(self.n):
            if random.random() <= self.p:
                strength = random.randrange(self.strengths)
                img = T.RandAugment(1, strength, num_magnitude_bins=self.strengths)(img)
        return img
