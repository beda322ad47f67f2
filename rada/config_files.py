"""Where the YAML files of configs/ are: beside you in a checkout, else in the package."""

import importlib
from pathlib import Path


def packaged() -> Path:
    """The folder that comes with the package."""
    return Path(importlib.import_module("rada.configs").__path__[0])


def folder() -> Path:
    """configs/ of the working folder if it is one of this project, else the package's."""
    here = Path("configs")
    return here if (here / "trainers").is_dir() else packaged()


def found(path: str) -> str:
    """A path of configs/ as it is given, or in the package if it is not there."""
    first, *rest = Path(path).parts or [""]
    if first != "configs" or Path(path).exists():
        return path
    inside = packaged().joinpath(*rest)
    return str(inside) if inside.exists() else path
