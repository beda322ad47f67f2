"""Datasets, under the names of CoOp's registry; `register_all` registers them."""

import importlib
import pkgutil


def register_all() -> None:
    """Import every module of this package, so that each dataset enters Dassl's registry."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
