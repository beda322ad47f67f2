"""scikit-learn's bundled handwritten digits (UCI, Alpaydin and Kaynak, 1998) as a few-shot set.

The only pictures here that we did not draw. Pre-training never sees them.
"""

import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rada.world.glyphs import WORDS as CLASSNAMES

PARTS = {"train": 48, "val": 8, "test": 100}  # pictures per class; every class has 174 or more


def read_pictures() -> tuple[Tensor, Tensor]:
    """All 1,797 digits, light on dark; each pixel of the 8 x 8 originals is a block of 4 x 4.

    Returns:
        (pictures (1797, 3, 32, 32) uint8, labels (1797,)).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = torch.from_numpy(digits.images.astype(np.float32))[:, None] / 16
    pictures = F.interpolate(pictures, size=32, mode="nearest")
    pictures = (pictures * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
    return pictures, torch.from_numpy(digits.target.astype(np.int64))


def draw_parts(seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Disjoint training, validation and test pictures, drawn per class."""
    pictures, labels = read_pictures()
    rng = random.Random(seed)
    rows = {part: [] for part in PARTS}
    for label in range(len(CLASSNAMES)):
        order = (labels == label).nonzero()[:, 0].tolist()
        rng.shuffle(order)
        for part, count in PARTS.items():
            rows[part] += order[:count]
            del order[:count]
    return {part: (pictures[chosen], labels[chosen]) for part, chosen in rows.items()}
