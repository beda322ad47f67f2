"""Stanford Cars (Krause et al., 2013) with the split of CoOp."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_mat
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_trainval
from rada.data.pictures import Picture
from rada.data.splits import Splits


@DATASET_REGISTRY.register()
class StanfordCars(FewShotDataset):
    """196 models of cars, named with the year first."""

    stem = "stanford_cars"
    dataset_dir = "stanford_cars"
    split_file = "split_zhou_StanfordCars.json"
    needed = ("cars_train", "cars_test")

    def make_splits(self) -> Splits:
        """The official test pictures; 20% of the others are for validation."""
        trainval = self._read("cars_train", os.path.join("devkit", "cars_train_annos.mat"))
        test = self._read("cars_test", "cars_test_annos_withlabels.mat")
        return *split_trainval(trainval), test

    def _read(self, folder: str, annotations: str) -> list[Picture]:
        meta = os.path.join(self.dataset_dir, "devkit", "cars_meta.mat")
        names = [str(name[0]) for name in read_mat(meta, "class_names")[0]]
        path = os.path.join(self.dataset_dir, annotations)
        pictures = []
        for row in read_mat(path, "annotations")[0]:
            with naming(path):
                label = int(row["class"][0, 0]) - 1
                impath = os.path.join(self.dataset_dir, folder, str(row["fname"][0]))
                pictures.append(Picture(impath, label, _year_first(names[label])))
        return pictures


def _year_first(name: str) -> str:
    """Audi TTS Coupe 2012 -> 2012 Audi TTS Coupe"""
    car, _, year = name.rpartition(" ")
    return f"{year} {car}"
