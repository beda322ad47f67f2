"""Caltech101 (Fei-Fei et al., 2004) with the split and class names of CoOp."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from datasets.few_shot import FewShotDataset
from datasets.splits import Splits, read_split, save_split, split_folders


@DATASET_REGISTRY.register()
class Caltech101(FewShotDataset):
    """100 object classes; "faces easy" and the background folder are left out."""

    dataset_dir = "caltech-101"
    ignored = ("BACKGROUND_Google", "Faces_easy")
    names = {
        "airplanes": "airplane",
        "Faces": "face",
        "Leopards": "leopard",
        "Motorbikes": "motorbike",
    }

    def read_splits(self) -> Splits:
        """The published split_zhou_Caltech101.json; made at random (and saved) if it is missing."""
        image_dir = self.require(os.path.join(self.dataset_dir, "101_ObjectCategories"))
        path = os.path.join(self.dataset_dir, "split_zhou_Caltech101.json")
        if os.path.exists(path):
            return read_split(path, image_dir)
        splits = split_folders(image_dir, ignored=self.ignored, names=self.names)
        save_split(splits, path, image_dir)
        return splits
