"""Steps that follow each other done in one, with the same result bit for bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dassl.utils.lazy import Lazy

T = Lazy("torchvision.transforms")


class ToNormalizedTensor:
    """torchvision's ToTensor, then Normalize, of RGB images: one new tensor in place of three.

    The same float32 operations in the same order, so that the values are the same.
    """

    def __init__(self, to_tensor: Callable, normalize: Any):
        self.to_tensor, self.normalize = to_tensor, normalize
        self.mean, self.std = (
            torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
            for values in (normalize.mean, normalize.std)
        )

    def __call__(self, image: Image.Image) -> Tensor:
        """(3, H, W), float32, contiguous; other images than RGB go through the two steps."""
        if not isinstance(image, Image.Image) or image.mode != "RGB":
            return self.normalize(self.to_tensor(image))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        out = torch.empty(pixels.shape)
        return torch.div(pixels, 255, out=out).sub_(self.mean).div_(self.std)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.normalize.mean}, std={self.normalize.std})"


def fuse(steps: list[Callable]) -> list[Callable]:
    """Exchange ToTensor followed by Normalize for the one step above."""
    fused = []
    for step in steps:
        if fused and type(fused[-1]) is T.ToTensor and type(step) is T.Normalize:
            step = ToNormalizedTensor(fused.pop(), step)
        fused.append(step)
    return fused
