"""Splits, shots, base and new classes: what CoOp's benchmark datasets share.

Split files, splits and few-shot picks are those CoOp makes (checked against its own numbers in
tests/datasets).
"""

import contextlib
import os
import random
from collections.abc import Iterator

from dassl.data.datasets import DatasetBase
from datasets.splits import Splits, subsample_classes


class FewShotDataset(DatasetBase):
    """A benchmark dataset: a subclass says where its pictures and its split are.

    Attributes:
        dataset_dir: folder below cfg.DATASET.ROOT; absolute once constructed.
    """

    dataset_dir = ""

    def __init__(self, cfg):
        """Read the splits, draw cfg.DATASET.NUM_SHOTS per class, keep the asked half of classes.

        Raises:
            FileNotFoundError: if the dataset is not below cfg.DATASET.ROOT.
            ValueError: if DATASET.SUBSAMPLE_CLASSES is not all, base or new.
        """
        root = os.path.abspath(os.path.expanduser(cfg.DATASET.ROOT or "."))
        self.dataset_dir = os.path.join(root, self.dataset_dir)
        train, val, test = self.read_splits()
        shots = cfg.DATASET.NUM_SHOTS
        if shots >= 1:
            with _drawn_from(cfg.SEED):
                train = self.generate_fewshot_dataset(train, num_shots=shots)
                val = self.generate_fewshot_dataset(val, num_shots=min(shots, 4))
        train, val, test = subsample_classes(
            train, val, test, subsample=cfg.DATASET.SUBSAMPLE_CLASSES
        )
        super().__init__(train_x=train, val=val, test=test)

    def read_splits(self) -> Splits:
        """All of the dataset's train, validation and test items."""
        raise NotImplementedError

    def require(self, path: str) -> str:
        """Return path if it exists.

        Raises:
            FileNotFoundError: naming what is missing and what to do.
        """
        if not os.path.exists(path):
            name = type(self).__name__
            raise FileNotFoundError(
                f"{name}: {path} not found; prepare the dataset as CoOp's DATASETS.md "
                "describes and set DATA (or --root) to its root; `make demo` needs no dataset"
            )
        return path


@contextlib.contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    # picks depend on the seed alone, not on whether a split file had to be made before
    if seed < 0:
        yield
        return
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
