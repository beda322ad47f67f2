"""Oxford Flowers (Nilsback & Zisserman, 2008) with the split and class names of CoOp."""

import os
from collections import defaultdict

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_mat
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_classes
from rada.data.splits import Splits
from rada.files import read_json


@DATASET_REGISTRY.register()
class OxfordFlowers(FewShotDataset):
    """102 flowers."""

    stem = "oxford_flowers"
    dataset_dir = "oxford_flowers"
    image_dir = "jpg"
    split_file = "split_zhou_OxfordFlowers.json"
    template = "a photo of a {}, a type of flower."

    def make_splits(self) -> Splits:
        """50% train, 20% validation, 30% test of each class; classes as their pictures come."""
        labels = read_mat(os.path.join(self.dataset_dir, "imagelabels.mat"), "labels")[0]
        path = os.path.join(self.dataset_dir, "cat_to_name.json")
        classes = defaultdict(list)
        with naming(path):
            names = read_json(path)
            for number, label in enumerate(map(int, labels), 1):
                picture = os.path.join(self.image_dir, f"image_{number:05d}.jpg")
                classes[names[str(label)], label - 1].append(picture)
        return split_classes(classes)
