"""Folders named by WordNet ids, and the names of their classes: ImageNet and its shifts."""

import os
from collections.abc import Mapping

from dassl.utils import listdir_nohidden
from datasets.annotations import read_rows
from datasets.class_lists import read_wnids
from datasets.pictures import Picture


def read_names(dataset_dir: str) -> dict[str, str]:
    """Class name by WordNet id, sorted by it: of the dataset's classnames.txt, else OpenAI's."""
    path = os.path.join(dataset_dir, "classnames.txt")
    return dict(sorted(read_rows(path, 2))) if os.path.exists(path) else read_wnids("imagenet")


def read_folders(
    image_dir: str, names: Mapping[str, str], others: tuple[str, ...] = ()
) -> list[Picture]:
    """The pictures of a folder per class; in a folder they are sorted.

    Args:
        image_dir: holds one folder for each class.
        names: class name by folder, in label order.
        others: what else may lie there.

    Raises:
        ValueError: for a folder too few or too many, or an empty one.
    """
    found = set(listdir_nohidden(image_dir)) - set(others)
    for problem, folders in (("lacks", set(names) - found), ("has", found - set(names))):
        if folders:
            raise ValueError(
                f"{image_dir} {problem} {min(folders)}"
                f"{f' and {len(folders) - 1} more' if len(folders) > 1 else ''}: unpack it again, "
                "or list in classnames.txt beside it the classes that are there"
            )
    pictures = []
    for label, (folder, name) in enumerate(names.items()):
        pictures += read_folder(os.path.join(image_dir, folder), label, name)
    return pictures


def read_folder(folder: str, label: int, classname: str) -> list[Picture]:
    """The pictures of one class, sorted by file name.

    Raises:
        ValueError: if there is none.
    """
    files = listdir_nohidden(folder, sort=True)
    if not files:
        raise ValueError(f"{folder} has no pictures; unpack it again or remove the class")
    return [Picture(os.path.join(folder, name), label, classname) for name in files]
