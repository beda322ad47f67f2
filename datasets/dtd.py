"""Describable Textures (Cimpoi et al., 2014) with the split of CoOp."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.folder_per_class import FolderPerClass


@DATASET_REGISTRY.register()
class DescribableTextures(FolderPerClass):
    """47 kinds of texture."""

    stem = "dtd"
    dataset_dir = "dtd"
    image_dir = "images"
    split_file = "split_zhou_DescribableTextures.json"
    template = "{} texture."
