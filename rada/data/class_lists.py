"""The classes of the sixteen datasets, in label order (datasets/classnames/*.txt)."""

from pathlib import Path

FOLDER = Path(__file__).parent / "classnames"
IMAGENET_NAMES = ("imagenet", "imagenetv2", "imagenet_sketch")  # share one list


def read_classnames(stem: str) -> list[str]:
    """Lines of a dataset's list: class names; for imagenet_a and imagenet_r WordNet ids.

    Raises:
        ValueError: if there is no such list.
    """
    path = FOLDER / f"{stem}.txt"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.txt")))
        raise ValueError(f'no class names of "{stem}"; known: {known}')
    return path.read_text(encoding="utf-8").splitlines()


def read_wnids(stem: str) -> dict[str, str]:
    """Class name by WordNet id, in label order, of ImageNet and those of its shifts that use them.

    Raises:
        ValueError: if the dataset is none of them.
    """
    names = dict(line.split(" ", 1) for line in read_classnames("imagenet"))
    if stem in IMAGENET_NAMES:
        return names
    return {wnid: names[wnid] for wnid in read_classnames(stem)}


def read_objectnet() -> dict[str, tuple[str, list[str]]]:
    """ObjectNet's classes that ImageNet has: folder -> (name, WordNet ids), in label order."""
    rows = (line.split("\t") for line in read_classnames("objectnet"))
    return {folder: (name, wnids.split()) for folder, name, wnids in rows}
