"""Splits made at random where none is published, as CoOp makes them for the same seed."""

import contextlib
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from rada.data.pictures import Picture, list_folders, list_pictures
from rada.data.splits import Splits, read_split, save_split

OWN_SPLIT = "split_own.json"  # in a dataset's folder, where the published one is missing
SPLIT_SEED = 1


@contextlib.contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Seed python's `random` for a while; a negative seed leaves it as it is."""
    if seed < 0:
        yield
        return
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def own_split(path: str, image_dir: str, make: Callable[[], Splits]) -> Splits:
    """The split that was saved at a path; else what `make` draws with SPLIT_SEED, then saved."""
    if os.path.exists(path):
        return read_split(path, image_dir)
    with drawn_from(SPLIT_SEED):
        splits = make()
    try:
        save_split(splits, path, image_dir)
    except OSError as error:
        print(f"The split is not saved: {error}")
    return splits


def split_folders(
    image_dir: str,
    p_train: float = 0.5,
    p_val: float = 0.2,
    ignored: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
) -> Splits:
    """Split a folder per class at random into train, validation and test.

    Args:
        p_train, p_val: shares of each class; the rest is for testing.
        ignored: folders to leave out.
        names: class names of folders that are not called like their class.

    Raises:
        ValueError: if a class is too small to give each part a picture.
    """
    names = names or {}
    classes = {}
    for folder in list_folders(image_dir):
        if folder not in ignored:
            # sorted: the order of a directory differs between file systems
            files = list_pictures(os.path.join(image_dir, folder))
            classes[names.get(folder, folder), len(classes)] = files
    return split_classes(classes, p_train, p_val)


def split_classes(
    classes: Mapping[tuple[str, int], list[str]], p_train: float = 0.5, p_val: float = 0.2
) -> Splits:
    """Shuffle the pictures of each class and cut them into train, validation and test.

    Args:
        classes: paths by (class name, label).

    Raises:
        ValueError: if a class is too small to give each part a picture.
    """
    print(
        f"Splitting into {p_train:.0%} train, {p_val:.0%} val, and {1 - p_train - p_val:.0%} test"
    )
    splits: Splits = ([], [], [])
    for (name, label), paths in classes.items():
        shuffled = list(paths)
        random.shuffle(shuffled)
        cut = round(len(paths) * p_train)
        cuts = (cut, cut + round(len(paths) * p_val))
        parts = shuffled[: cuts[0]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :]
        if not all(parts):
            raise ValueError(
                f'class "{name}" has {len(paths)} pictures'
                f"{' in ' + os.path.dirname(paths[0]) if paths else ''}: too few to split; "
                "add pictures or remove the class"
            )
        for items, part in zip(splits, parts, strict=True):
            items += [Picture(path, label, name) for path in part]
    return splits


def split_trainval(pictures: list[Picture], p_val: float = 0.2) -> tuple[list, list]:
    """Set a share of each class aside for validation, at random.

    Raises:
        ValueError: if a class is too small.
    """
    print(f"Splitting trainval into {1 - p_val:.0%} train and {p_val:.0%} val")
    by_label = defaultdict(list)
    for index, item in enumerate(pictures):
        by_label[item.label].append(index)
    train, val = [], []
    for indices in by_label.values():
        count = round(len(indices) * p_val)
        if not count:
            name = pictures[indices[0]].classname
            raise ValueError(f'class "{name}" has {len(indices)} pictures: too few to split')
        random.shuffle(indices)
        val += [pictures[index] for index in indices[:count]]
        train += [pictures[index] for index in indices[count:]]
    return train, val
