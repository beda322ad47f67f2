"""The trainers in trainers/ and in folders of yours, one method a file; `register_all` has them.

A file that cannot be imported is named and left out; all other trainers run.
"""

import importlib
import os
import pkgutil
import sys

from rada.config_files import user_folders

left_out: dict[str, str] = {}  # why, by the path of a file


def register_all() -> None:
    """Import every module of rada.trainers, so that each trainer enters Dassl's registry.

    Files in the folders that RADA_TRAINERS names are modules of rada.trainers, too.

    Raises:
        ValueError: if one of those is called as another file is.
    """
    package = importlib.import_module("rada.trainers")
    ours = {module.name for module in pkgutil.iter_modules(package.__path__)}
    for folder in user_folders():
        if str(folder.resolve()) in package.__path__:
            continue
        theirs = {file.stem for file in folder.glob("*.py")}
        if twice := ours & theirs:
            raise ValueError(f"{folder}: there is another {twice.pop()}.py; rename this one")
        ours |= theirs
        package.__path__.append(str(folder.resolve()))
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            path = os.path.join(module.module_finder.path, f"{module.name}.py")
            register(path, f"rada.trainers.{module.name}")


def register(path: str, module: str) -> None:
    """Import a module; if that fails, say so once and forget what it has registered until then."""
    from dassl.engine import TRAINER_REGISTRY

    if path in left_out:
        return
    known = set(TRAINER_REGISTRY.registered_names())
    try:
        importlib.import_module(module)
    except Exception as error:  # whatever a user's file may do
        left_out[path] = " ".join(f"{type(error).__name__}: {error}".split())
        for name in set(TRAINER_REGISTRY.registered_names()) - known:
            if TRAINER_REGISTRY.get(name).__module__ not in sys.modules:  # not of a whole file
                del TRAINER_REGISTRY._obj_map[name]
        print(f"{path} is left out ({left_out[path]})", file=sys.stderr)


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
