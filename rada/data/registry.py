"""The datasets in datasets/, under the names of CoOp's registry; `register_all` registers them."""

import importlib
import pkgutil

from rada.files import suggestion


def register_all() -> None:
    """Import every module of rada.datasets, so that each dataset enters Dassl's registry."""
    for module in pkgutil.iter_modules(importlib.import_module("rada.datasets").__path__):
        if module.name != "__main__":
            importlib.import_module(f"rada.datasets.{module.name}")


def dataset_classes() -> dict[str, type]:
    """The registered datasets by the stem of their config, such as "dtd"."""
    register_all()
    from dassl.data.datasets import DATASET_REGISTRY

    classes = map(DATASET_REGISTRY.get, DATASET_REGISTRY.registered_names())
    return {cls.stem: cls for cls in classes if getattr(cls, "stem", "")}


def dataset_class(stem: str) -> type:
    """The dataset that configs/datasets/<stem>.yaml names.

    Raises:
        ValueError: if there is none; suggests the nearest.
    """
    known = dataset_classes()
    if stem not in known:
        raise ValueError(f'no dataset "{stem}"{suggestion(stem, known)}')
    return known[stem]
