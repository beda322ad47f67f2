"""Where the YAML files of configs/ are, and which of them make a trainer's config.

They lie beside you in a checkout, in the folders that RADA_TRAINERS names (see docs/trainers.md),
and in the package. A RAda version has its baseline's config: a file of its own, if there is one,
holds only what differs.
"""

import importlib
import os
from pathlib import Path

from rada.files import did_you_mean
from rada.trainer_names import plain_trainer

VARIABLE = "RADA_TRAINERS"


def user_folders() -> list[Path]:
    """Folders with trainers of your own, from the environment; ":" (";" on Windows) between.

    Raises:
        ValueError: if one of them is not there.
    """
    names = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    folders = [Path(name).expanduser() for name in names]
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{VARIABLE}: {folder} is no folder; correct it or leave it out")
    return folders


def packaged() -> list[Path]:
    """The folder that comes with the package, if it is there."""
    try:
        return [Path(importlib.import_module("rada.configs").__path__[0])]
    except ModuleNotFoundError:
        return []


def roots() -> list[Path]:
    """The folders `configs` that count: the one beside you, or else the package's; your own."""
    here = Path("configs")
    first = [here] if (here / "trainers").is_dir() else packaged()
    return [*first, *(folder / "configs" for folder in user_folders())]


def found(path: str) -> str:
    """A path of configs/ as it is given, or in another of the folders if it is not there."""
    first, *rest = Path(path).parts or [""]
    if first != "configs" or Path(path).exists():
        return path
    inside = [root.joinpath(*rest) for root in (*roots(), *packaged())]
    return next((str(each) for each in inside if each.exists()), path)


def stems(folder: str) -> list[str]:
    """Names of the YAML files in a folder of configs, such as "datasets"."""
    return sorted({path.stem for root in roots() for path in (root / folder).glob("*.yaml")})


def trainer_stems(trainer: str) -> list[str]:
    """Names of a trainer's configs, those of the baseline of a RAda version among them."""
    names = filter(None, (trainer, plain_trainer(trainer)))
    return sorted({stem for name in names for stem in stems(f"trainers/{name}")})


def trainer_names() -> list[str]:
    """The trainers that have configs."""
    folders = [root / "trainers" for root in roots()]
    return sorted({path.name for each in folders for path in each.glob("*") if path.is_dir()})


def layers(path: str) -> list[str]:
    """The files that make a trainer's config, each above the one before.

    Args:
        path: such as configs/trainers/RAdaCoOp/world.yaml; of a RAda version it may be missing.

    Raises:
        FileNotFoundError: if neither it nor its baseline's is there.
    """
    baseline = plain_trainer(Path(path).parent.name)
    known = [found(path)]
    if baseline and Path(path).parent.parent.name == "trainers":
        known.insert(0, found(str(Path(path).parent.parent / baseline / Path(path).name)))
    there = [each for each in known if os.path.isfile(each)]
    return there or [require_file(path)]


def require_file(path: str) -> str:
    """A path as it is found; raises FileNotFoundError with the nearest file beside it."""
    path = found(path)
    if os.path.isfile(path):
        return path
    folder = os.path.dirname(path)
    beside = os.listdir(folder) if os.path.isdir(folder) else []
    names = [os.path.join(folder, name) for name in beside]
    raise FileNotFoundError(f"config file {path} not found{did_you_mean(path, names)}")
