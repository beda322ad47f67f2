"""FGVC-Aircraft (Maji et al., 2013) with its own split."""

import os

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_rows
from rada.data.few_shot import FewShotDataset
from rada.data.pictures import Picture
from rada.data.splits import PARTS, Splits


@DATASET_REGISTRY.register()
class FGVCAircraft(FewShotDataset):
    """100 variants of aircraft."""

    stem = "fgvc_aircraft"
    dataset_dir = "fgvc_aircraft"
    image_dir = "images"
    needed = ("variants.txt", *(f"images_variant_{part}.txt" for part in PARTS))
    template = "a photo of a {}, a type of aircraft."

    def read_splits(self) -> Splits:
        """The official split by variant."""
        variants = read_rows(os.path.join(self.dataset_dir, "variants.txt"))
        labels = {" ".join(words): label for label, words in enumerate(variants)}
        return tuple(self._read(part, labels) for part in PARTS)

    def _read(self, part: str, labels: dict[str, int]) -> list[Picture]:
        path = os.path.join(self.dataset_dir, f"images_variant_{part}.txt")
        pictures = []
        for number, variant in read_rows(path, 2):  # 1025794 707-320
            with naming(path):
                impath = os.path.join(self.image_dir, f"{number}.jpg")
                pictures.append(Picture(impath, labels[variant], variant))
        return pictures
