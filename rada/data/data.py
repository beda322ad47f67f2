"""What a dataset asks of the trainer: a border cut off its pictures, or not to be trained on."""

from typing import NamedTuple

from PIL import Image
from torch.utils.data import DataLoader

from dassl.data import DataManager


class CutBorder(NamedTuple):
    """A transform that cuts so many pixels off each side of a PIL image."""

    pixels: int

    def __call__(self, image: Image.Image) -> Image.Image:
        """The inner part."""
        width, height = image.size
        return image.crop((self.pixels, self.pixels, width - self.pixels, height - self.pixels))


def cut_borders(dm: DataManager) -> None:
    """Let all loaders cut off the border that the dataset's pictures have, if they have one."""
    for loader in filter(None, (dm.train_loader_x, dm.val_loader, dm.test_loader)):
        cut_border(loader, dm.dataset)


def cut_border(loader: DataLoader, dataset) -> None:
    """Let a loader of a dataset cut off the border that its pictures have, if they have one."""
    if border := getattr(dataset, "border", 0):
        from torchvision.transforms import Compose

        loader.dataset.transform = Compose([CutBorder(border), loader.dataset.transform])


def require_training_pictures(dataset) -> None:
    """Raise ValueError if a dataset is for testing only."""
    if getattr(dataset, "test_only", False):
        raise ValueError(
            f"{type(dataset).__name__} is for testing only; train on ImageNet, then test here with "
            "--model-dir MODEL_DIR --eval-only (as scripts/rada/xd_test.sh does)"
        )
