"""scikit-learn's handwritten digits: real pictures for the embedded world (docs/world.md)."""

from dassl.data.datasets import DATASET_REGISTRY, Datum
from datasets.few_shot import FewShotDataset, Splits
from world.folders import ensure_folder
from world.handwriting import CLASSNAMES, PARTS, draw_parts
from world.sets import FINAL_SEED


@DATASET_REGISTRY.register()
class Digits(FewShotDataset):
    """zero to nine as people write them; base: zero to four, new: five to nine."""

    dataset_dir = "world/digits"

    def read_splits(self) -> Splits:
        """48 training, 8 validation and 100 test pictures a class."""
        parts = ensure_folder(
            self.dataset_dir,
            {"set": "digits", "seed": FINAL_SEED, "parts": PARTS},
            CLASSNAMES,
            lambda: draw_parts(FINAL_SEED),
        )
        return tuple(
            [Datum(path, label, classname=CLASSNAMES[label]) for path, label in items]
            for items in parts.values()
        )
