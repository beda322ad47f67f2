"""Make folders of one's own pictures and read them."""

from dassl.config import get_cfg_default
from rada.datasets.custom import Custom


def make(root, *folders, count=10, ending="jpg"):
    for folder in folders:
        (root / "birds" / folder).mkdir(parents=True)
        for i in range(count):
            (root / "birds" / folder / f"{i}.{ending}").touch()


def custom(root, shots=-1, classes="all", check=False, **settings):
    cfg = get_cfg_default()
    Custom.extend_cfg(cfg)
    cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS, cfg.SEED = str(root), shots, 1
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = classes, check
    for key, value in {"FOLDER": "birds", **settings}.items():
        cfg.DATASET.CUSTOM[key] = value
    return Custom(cfg)


def files(items):
    return [item.impath.split("birds/")[1] for item in items]
