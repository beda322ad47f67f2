"""Oxford-IIIT Pets (Parkhi et al., 2012) with the split of CoOp."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_rows
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_trainval
from rada.data.pictures import Picture
from rada.data.splits import Splits


@DATASET_REGISTRY.register()
class OxfordPets(FewShotDataset):
    """37 breeds of cats and dogs."""

    stem = "oxford_pets"
    dataset_dir = "oxford_pets"
    image_dir = "images"
    split_file = "split_zhou_OxfordPets.json"
    template = "a photo of a {}, a type of pet."

    def make_splits(self) -> Splits:
        """The official test pictures; 20% of the others are for validation."""
        return *split_trainval(self._read("trainval.txt")), self._read("test.txt")

    def _read(self, name: str) -> list[Picture]:
        path = os.path.join(self.dataset_dir, "annotations", name)
        pictures = []
        for picture, label, _, _ in read_rows(path, 4):  # Abyssinian_100 1 1 1
            breed = picture.rpartition("_")[0].lower()
            with naming(path):
                impath = os.path.join(self.image_dir, f"{picture}.jpg")
                pictures.append(Picture(impath, int(label) - 1, breed))
        return pictures
