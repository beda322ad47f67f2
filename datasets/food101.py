"""Food-101 (Bossard et al., 2014) with the split of CoOp."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.folder_per_class import FolderPerClass


@DATASET_REGISTRY.register()
class Food101(FolderPerClass):
    """101 dishes."""

    stem = "food101"
    dataset_dir = "food-101"
    image_dir = "images"
    split_file = "split_zhou_Food101.json"
    template = "a photo of {}, a type of food."
