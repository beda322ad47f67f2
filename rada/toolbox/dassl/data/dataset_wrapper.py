"""Items as what a loader collates."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from torch.utils.data import Dataset
from yacs.config import CfgNode

from dassl.data.collation import Items
from dassl.data.datasets.base_dataset import Data
from dassl.utils import read_image


class DatasetWrapper(Dataset):
    """Reads and transforms pictures.

    Args:
        transform: a transform, or several (then "img", "img2", ...), or None for PIL images.
        is_train: apply the transform DATALOADER.K_TRANSFORMS times and give a list, if above 1.

    Raises:
        ValueError: if K_TRANSFORMS is above 1 and there is no transform.
    """

    def __init__(
        self,
        cfg: CfgNode,
        data_source: Data,
        transform: Callable | list[Callable] | tuple[Callable, ...] | None = None,
        is_train: bool = False,
    ):
        self.cfg, self.data_source = cfg, data_source
        self.transform, self.is_train = transform, is_train
        self.k_tfm = cfg.DATALOADER.K_TRANSFORMS if is_train else 1
        self.return_img0 = cfg.DATALOADER.RETURN_IMG0
        if self.k_tfm > 1 and transform is None:
            raise ValueError(
                f"Cannot augment the image {self.k_tfm} times because transform is None"
            )

    @cached_property
    def to_tensor(self) -> Callable:
        """The picture without augmentation, for RETURN_IMG0."""
        from torchvision import transforms as T

        c = self.cfg.INPUT
        steps = [T.Resize(c.SIZE, T.InterpolationMode(c.INTERPOLATION)), T.ToTensor()]
        if "normalize" in c.TRANSFORMS:
            steps.append(T.Normalize(mean=c.PIXEL_MEAN, std=c.PIXEL_STD))
        return T.Compose(steps)

    def __len__(self) -> int:
        return len(self.data_source)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """label, domain, impath, index, img, and img0 (not augmented) with RETURN_IMG0.

        Raises:
            ValueError: if the picture cannot be read, naming it.
        """
        item = self.data_source[idx]
        output = {"label": item.label, "domain": item.domain, "impath": item.impath, "index": idx}
        img0 = read_image(item.impath)
        if self.transform is None:
            output["img"] = img0
        else:
            several = isinstance(self.transform, list | tuple)
            for i, transform in enumerate(self.transform if several else [self.transform]):
                output[f"img{i + 1}" if i else "img"] = self._transform_image(transform, img0)
        if self.return_img0:
            output["img0"] = self.to_tensor(img0)
        return output

    def __getitems__(self, indices: Sequence[int]) -> Items:
        """The items of a batch, for `dassl.data.collation.collate`."""
        return Items(self, indices)

    def _transform_image(self, tfm: Callable, img0: Any) -> Any:
        images = [tfm(img0) for _ in range(self.k_tfm)]
        return images[0] if self.k_tfm == 1 else images
