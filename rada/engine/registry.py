"""The trainers in trainers/, one method a file; `register_all` registers them."""

import importlib
import pkgutil


def register_all() -> None:
    """Import every module of rada.trainers, so that each trainer enters Dassl's registry."""
    for module in pkgutil.iter_modules(importlib.import_module("rada.trainers").__path__):
        if module.name != "__main__":
            importlib.import_module(f"rada.trainers.{module.name}")


def registered() -> dict[str, type]:
    """The trainers by name."""
    from dassl.engine import TRAINER_REGISTRY
    from rada.engine.trainer import CLIPTrainer

    register_all()
    classes = {name: TRAINER_REGISTRY.get(name) for name in TRAINER_REGISTRY.registered_names()}
    return {name: cls for name, cls in classes.items() if issubclass(cls, CLIPTrainer)}


def starts_from(name: str) -> str:
    """The trainer whose checkpoint a test of the named one loads; empty if it needs none."""
    from rada.engine.trainer import CLIPTrainer

    cls = registered()[name]
    if cls.adaptation:
        return cls.starts_from
    return "" if cls.learned is CLIPTrainer.learned else name


def learns_at_test(name: str) -> bool:
    """Whether the named trainer learns from each test picture, so that processes may share them."""
    return registered()[name].adaptation is not None
