"""How far a mask M (B, K, D) is from 1: smoothness penalties with their gradients (step 7)."""

from typing import Protocol

import torch
from torch import Tensor


class Penalty(Protocol):
    """A number per image, and its gradient."""

    @staticmethod
    def value(mask: Tensor) -> Tensor:
        """The penalty of each image, (B,)."""

    @staticmethod
    def add_slope(mask: Tensor, weight: Tensor, slope: Tensor) -> None:
        """Add weight (B,) times the gradient to slope (B, K, D), in place."""


class LargestChange:
    """Per image the largest |M - 1|; the gradient goes to the first element that attains it."""

    @staticmethod
    def value(mask: Tensor) -> Tensor:
        """(B,)."""
        return LargestChange.by_class(mask).amax(1)

    @staticmethod
    def add_slope(mask: Tensor, weight: Tensor, slope: Tensor) -> None:
        """The sign of M - 1 at one element, 0 elsewhere and where M = 1."""
        change = LargestChange.by_class(mask)
        images, classes = torch.arange(len(mask), device=mask.device), change.argmax(1)
        row = mask[images, classes] - 1
        features = row.abs().argmax(1)
        slope[images, classes, features] += weight * row[images, features].sign()

    @staticmethod
    def by_class(mask: Tensor) -> Tensor:
        """The largest |M - 1| of each class, (B, K), without a copy of the mask."""
        return torch.maximum(mask.amax(2) - 1, 1 - mask.amin(2))


class MeanSquareChange:
    """Per image the mean of (M - 1)^2."""

    @staticmethod
    def value(mask: Tensor) -> Tensor:
        """(B,)."""
        return (mask - 1).square_().mean((1, 2))

    @staticmethod
    def add_slope(mask: Tensor, weight: Tensor, slope: Tensor) -> None:
        """2 (M - 1) / (K D)."""
        weight = 2 * weight[:, None, None] / mask[0].numel()
        slope.addcmul_(weight, mask).sub_(weight)


class NoPenalty:
    """0, at no cost."""

    @staticmethod
    def value(mask: Tensor) -> Tensor:
        """(B,)."""
        return mask.new_zeros(len(mask))

    @staticmethod
    def add_slope(mask: Tensor, weight: Tensor, slope: Tensor) -> None:
        """Nothing to add."""


PENALTIES = {"linf": LargestChange, "mse": MeanSquareChange}
