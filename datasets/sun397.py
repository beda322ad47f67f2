"""SUN397 (Xiao et al., 2010) with the split of CoOp."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_rows
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_trainval
from rada.data.pictures import Picture
from rada.data.splits import Splits


@DATASET_REGISTRY.register()
class SUN397(FewShotDataset):
    """397 scenes."""

    stem = "sun397"
    dataset_dir = "sun397"
    image_dir = "SUN397"
    split_file = "split_zhou_SUN397.json"

    def make_splits(self) -> Splits:
        """The first of the official partitions; 20% of its training part are for validation."""
        return *split_trainval(self._read("Training_01.txt")), self._read("Testing_01.txt")

    def _read(self, name: str) -> list[Picture]:
        folders = [row[0] for row in read_rows(os.path.join(self.dataset_dir, "ClassName.txt"), 1)]
        labels = {folder: label for label, folder in enumerate(folders)}
        path = os.path.join(self.dataset_dir, name)
        pictures = []
        for (picture,) in read_rows(path, 1):  # /a/apartment_building/outdoor/sun_aabb.jpg
            folder = picture.rpartition("/")[0]
            with naming(path):
                classname = " ".join(reversed(folder.split("/")[2:]))  # outdoor apartment_building
                impath = os.path.join(self.image_dir, picture.lstrip("/"))
                pictures.append(Picture(impath, labels[folder], classname))
        return pictures
