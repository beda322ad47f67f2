"""Views of a test picture: the picture itself, then random crops of it (TPT, arXiv 2209.07511).

What is random in them is drawn from the seed and the picture's path below DATASET.ROOT, or below
the folder that a dataset elsewhere lies in, so that neither the order nor the number of pictures,
nor batches, nor workers, nor the machine change a view.
"""

import zlib

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from yacs.config import CfgNode

from dassl.data import DatasetWrapper
from dassl.data.datasets import DATASET_REGISTRY
from dassl.data.transforms import build_transform
from rada.data.families import SHIFTS
from rada.data.pictures import path_below
from rada.test_time.augmix import augmix


class Views:
    """A transform from a PIL image to views (V, 3, size, size).

    The first is the test picture of INPUT, all others are random resized crops (RRCROP_SCALE,
    bilinear), half of them flipped, with AugMix if TEST.AUGMIX says so.

    Args:
        cfg: of a run with TEST.VIEWS and TEST.AUGMIX.
    """

    def __init__(self, cfg: CfgNode):
        from torchvision import transforms as T

        c = cfg.INPUT
        self.number = cfg.TEST.VIEWS - 1
        self.first = build_transform(cfg, is_train=False)
        crop = T.RandomResizedCrop(tuple(c.SIZE), scale=tuple(c.RRCROP_SCALE))
        self.crop = T.Compose([crop, T.RandomHorizontalFlip()])
        self.pixels = augmix if with_augmix(cfg) else np.asarray
        normalized = "normalize" in c.TRANSFORMS
        self.normalize = T.Normalize(c.PIXEL_MEAN, c.PIXEL_STD) if normalized else T.Compose([])
        print(f"+ {cfg.TEST.VIEWS} views: the picture and {self.number} random crops and flips")
        print(f"+ AugMix: {'on' if with_augmix(cfg) else 'off'}")

    def __call__(self, image: Image.Image) -> Tensor:
        """Float32, normalised as INPUT says."""
        first = self.first(image)
        if not self.number:
            return first[None]
        crops = np.stack([self.pixels(self.crop(image)) for _ in range(self.number)])
        crops = torch.from_numpy(crops).permute(0, 3, 1, 2).div(255)
        return torch.cat([first[None], self.normalize(crops)])


class ReproducibleWrapper(DatasetWrapper):
    """Test items whose randomness is their own; training items are Dassl's.

    Attributes:
        root: folder that pictures are named from; the datasets' unless changed.
    """

    def __init__(self, cfg: CfgNode, *args, **kwargs):
        """Args as for Dassl's."""
        super().__init__(cfg, *args, **kwargs)
        self.root = cfg.DATASET.ROOT

    def __getitem__(self, idx: int) -> dict:
        """As Dassl's."""
        if self.is_train:
            return super().__getitem__(idx)
        path = path_below(self.root, self.data_source[idx].impath)
        with torch.random.fork_rng(devices=[]):
            name = f"{max(0, self.cfg.SEED)} {path}"
            torch.default_generator.manual_seed(zlib.crc32(name.encode()))
            return super().__getitem__(idx)


def with_augmix(cfg: CfgNode) -> bool:
    """TEST.AUGMIX; "auto" is as in TPT: on, but off on ImageNet and its shifts."""
    stem = getattr(DATASET_REGISTRY.get(cfg.DATASET.NAME), "stem", "")
    return cfg.TEST.AUGMIX == "on" or (
        cfg.TEST.AUGMIX == "auto" and stem not in ("imagenet", *SHIFTS)
    )
