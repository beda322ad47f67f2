"""Ways to make pictures and to read a dataset."""

import pytest

from dassl.config import get_cfg_default
from rada.data.pictures import Picture
from rada.data.registry import dataset_class


@pytest.fixture
def items(tmp_path):
    """Make a list of Picture from labels; each has an empty file of its own."""

    def make(labels, prefix="x"):
        paths = [tmp_path / f"{prefix}{i}.jpg" for i in range(len(labels))]
        for path in paths:
            path.touch()
        return [
            Picture(str(path), label, f"class {label}")
            for path, label in zip(paths, labels, strict=True)
        ]

    return make


@pytest.fixture
def index_of():
    """Where items stand in a list."""

    def find(items, among):
        order = {item.impath: i for i, item in enumerate(among)}
        return [order[item.impath] for item in items]

    return find


@pytest.fixture
def read():
    """Read a dataset below a root; pictures are decoded only if `check` is given."""

    def reader(stem, root, shots=-1, seed=1, classes="all", check=False, eval_only=False):
        cls, cfg = dataset_class(stem), get_cfg_default()
        getattr(cls, "extend_cfg", lambda cfg: None)(cfg)
        cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS, cfg.SEED = str(root), shots, seed
        cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = classes, check
        cfg.DATASET.EVAL_ONLY = eval_only
        return cls(cfg)

    return reader


@pytest.fixture
def caltech_root(tmp_path):
    """A Caltech101 of three classes, 20 empty pictures each, without a split file."""
    for folder in ("Faces", "Faces_easy", "airplanes", "ant", "BACKGROUND_Google"):
        path = tmp_path / "caltech-101" / "101_ObjectCategories" / folder
        path.mkdir(parents=True)
        for i in range(20):
            (path / f"image_{i:04d}.jpg").touch()
    return tmp_path
