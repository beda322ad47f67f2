"""ImageNet (Deng et al., 2009) with OpenAI's class names, as in CoOp."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.few_shot import FewShotDataset
from rada.data.imagenet_folders import read_folders, read_names, remedy
from rada.data.splits import Splits


@DATASET_REGISTRY.register()
class ImageNet(FewShotDataset):
    """1,000 classes; the official validation set is for testing, as everywhere in the field."""

    stem = "imagenet"
    shared_names = True  # OpenAI names two classes "missile" and two "sunglasses"
    dataset_dir = "imagenet"
    image_dir = "images"
    listed = True
    needed = ("images/train", "images/val")

    def read_splits(self) -> Splits:
        """Labels are in the order of the sorted folders; validation and test are the same list."""
        names = read_names(self.dataset_dir)
        train, test = (
            read_folders(os.path.join(self.image_dir, part), names, remedy(self.dataset_dir))
            for part in ("train", "val")
        )
        return train, test, test
