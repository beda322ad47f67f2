"""scikit-learn's handwritten digits: real pictures for the embedded world (docs/world.md)."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.world.folders import Part
from rada.world.handwriting import CLASSNAMES, PARTS, draw_parts
from rada.world.sets import FINAL_SEED

from .shapes import RenderedDataset


@DATASET_REGISTRY.register()
class Digits(RenderedDataset):
    """zero to nine; base: zero to four, new: five to nine; 48, 8 and 100 pictures a class."""

    stem = "digits"
    dataset_dir = "world/digits"
    all_classnames = CLASSNAMES
    origin = {"set": "digits", "seed": FINAL_SEED, "parts": PARTS}

    def draw(self) -> dict[str, Part]:
        """See `RenderedDataset`."""
        return draw_parts(FINAL_SEED)
