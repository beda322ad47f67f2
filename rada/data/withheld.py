"""Labelled pictures that a test has no business with.

Dassl reads a dataset's training pictures in every run. Of the New half of base-to-new, and of a
transfer's target, they are labelled shots of the classes that are tested: a method that makes a
cache of `dm.dataset.train_x` would use them unasked, and no number would say so.
"""

from collections.abc import Sequence
from typing import Any

from yacs.config import CfgNode

from dassl.data import DataManager


class Withheld(Sequence):
    """So many pictures, none of which can be seen."""

    def __init__(self, number: int):
        self.number = number

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: Any) -> Any:
        """Raises ValueError."""
        raise ValueError(
            "labelled pictures of the classes that are tested are withheld from a test; set "
            "DATASET.SHOTS_AT_TEST True if the method may learn from them"
        )


def withhold(cfg: CfgNode, dm: DataManager) -> None:
    """Withhold the training pictures from a test (--eval-only) on other than the base classes."""
    data = cfg.DATASET
    asked = data.get("SHOTS_AT_TEST", False) or not data.get("EVAL_ONLY", False)
    if asked or data.get("SUBSAMPLE_CLASSES", "all") == "base":
        return
    hidden = Withheld(len(dm.dataset.train_x))
    dm.dataset._train_x = dm.train_loader_x.dataset.data_source = hidden
