"""How far a mask M is from 1: smoothness penalties of M - 1, (B, K, D), and gradients."""

from typing import Protocol

import torch
from torch import Tensor


class Penalty(Protocol):
    """A number per image, and its gradient."""

    @staticmethod
    def value(change: Tensor) -> Tensor:
        """The penalty of each image, (B,), from M - 1."""

    @staticmethod
    def add_gradient(change: Tensor, weight: Tensor, gradient: Tensor) -> None:
        """Add weight (B,) times the gradient to gradient (B, K, D), in place."""


class LargestChange:
    """Per image the largest |M - 1|; the gradient goes to an element that attains it."""

    @staticmethod
    def value(change: Tensor) -> Tensor:
        """(B,)."""
        return LargestChange.by_class(change).amax(1)

    @staticmethod
    def add_gradient(change: Tensor, weight: Tensor, gradient: Tensor) -> None:
        """The sign of M - 1 at one element, 0 elsewhere and where M = 1."""
        images = torch.arange(len(change), device=change.device)
        classes = LargestChange.by_class(change).argmax(1)
        row = change[images, classes]
        features = row.abs().argmax(1)
        gradient[images, classes, features] += weight * row[images, features].sign()

    @staticmethod
    def by_class(change: Tensor) -> Tensor:
        """The largest |M - 1| of each class, (B, K), without a copy."""
        return torch.maximum(change.amax(2), -change.amin(2))


class MeanSquareChange:
    """Per image the mean of (M - 1)^2."""

    @staticmethod
    def value(change: Tensor) -> Tensor:
        """(B,)."""
        return change.square().mean((1, 2))

    @staticmethod
    def add_gradient(change: Tensor, weight: Tensor, gradient: Tensor) -> None:
        """2 (M - 1) / (K D)."""
        gradient.addcmul_(2 * weight[:, None, None] / change.shape[1:].numel(), change)


class NoPenalty:
    """0, at no cost."""

    @staticmethod
    def value(change: Tensor) -> Tensor:
        """(B,)."""
        return change.new_zeros(len(change))

    @staticmethod
    def add_gradient(change: Tensor, weight: Tensor, gradient: Tensor) -> None:
        """Nothing to add."""


PENALTIES: dict[str, type[Penalty]] = {"linf": LargestChange, "mse": MeanSquareChange}
