"""Folders named by WordNet ids, and the names of their classes: ImageNet and its shifts."""

import os
from collections.abc import Mapping

from rada.data.annotations import read_rows
from rada.data.class_lists import read_wnids
from rada.data.pictures import Picture, list_folders, list_pictures


def read_names(dataset_dir: str) -> dict[str, str]:
    """Class name by WordNet id, sorted by it: of the dataset's classnames.txt, else OpenAI's."""
    path = os.path.join(dataset_dir, "classnames.txt")
    return dict(sorted(read_rows(path, 2))) if os.path.exists(path) else read_wnids("imagenet")


def read_folders(
    image_dir: str, names: Mapping[str, str], remedy: str = "", others: bool = False
) -> list[Picture]:
    """The pictures of a folder per class; in a folder they are sorted.

    Args:
        image_dir: holds one folder for each class.
        names: class name by folder, in label order.
        remedy: what to do about a folder too few besides unpacking again.
        others: whether folders of other classes may lie there.

    Raises:
        ValueError: for a folder too few or too many, or an empty one.
    """
    found = set(list_folders(image_dir))
    lacking, unknown = set(names) - found, set() if others else found - set(names)
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise ValueError(f"{image_dir} lacks {min(lacking)}{more}: unpack it again{remedy}")
    if unknown:
        raise ValueError(f"{image_dir} has {min(unknown)}, which is no class: remove it")
    pictures = []
    for label, (folder, name) in enumerate(names.items()):
        paths = list_pictures(os.path.join(image_dir, folder))
        if not paths:
            raise ValueError(f"{os.path.join(image_dir, folder)} has no pictures; unpack it again")
        pictures += [Picture(path, label, name) for path in paths]
    return pictures


def remedy(dataset_dir: str) -> str:
    """What to do if only some classes are wanted."""
    path = os.path.join(dataset_dir, "classnames.txt")
    return f", or list in {path} the classes that are there"
