"""Trainers, one method a file; importing this package registers none, `register_all` does."""

import importlib
import pkgutil


def register_all() -> None:
    """Import every module of this package, so that each trainer enters Dassl's registry."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def registered() -> dict[str, type]:
    """The trainers of this package, by name."""
    from dassl.engine import TRAINER_REGISTRY
    from trainers.base import CLIPTrainer

    register_all()
    classes = {name: TRAINER_REGISTRY.get(name) for name in TRAINER_REGISTRY.registered_names()}
    return {name: cls for name, cls in classes.items() if issubclass(cls, CLIPTrainer)}


def starts_from(name: str) -> str:
    """The trainer whose checkpoint a test of the named one loads; empty if it needs none."""
    from trainers.base import CLIPTrainer

    cls = registered()[name]
    if learns_at_test(name):
        return cls.starts_from
    return "" if cls.learned is CLIPTrainer.learned else name


def learns_at_test(name: str) -> bool:
    """Whether the named trainer learns from each test picture, so that processes may share them."""
    from trainers.tuned_at_test import TunedAtTest

    return issubclass(registered()[name], TunedAtTest)
