"""Reading, saving, making and halving splits, as CoOp does (checked against its own numbers)."""

import math
import os
import random
from collections.abc import Mapping

from dassl.data.datasets import Datum
from dassl.utils import listdir_nohidden, read_json, write_json

Splits = tuple[list[Datum], list[Datum], list[Datum]]


def subsample_classes(*splits: list[Datum], subsample: str = "all") -> tuple[list[Datum], ...]:
    """Keep the base (first) or new (second) half of the classes, relabelled from zero.

    The halves are those of the sorted labels of the first list; with an odd number of classes the
    base half has one more, as in CoOp.

    Raises:
        ValueError: if subsample is not "all", "base" or "new", or a half has no class.
    """
    if subsample not in ("all", "base", "new"):
        raise ValueError(f'DATASET.SUBSAMPLE_CLASSES is all, base or new; got "{subsample}"')
    if subsample == "all":
        return splits
    labels = sorted({item.label for item in splits[0]})
    half = math.ceil(len(labels) / 2)
    print(f"SUBSAMPLE {subsample.upper()} CLASSES!")
    selected = labels[:half] if subsample == "base" else labels[half:]
    if not selected:
        raise ValueError(
            f"no {subsample} classes are left of {len(labels)}; use DATASET.SUBSAMPLE_CLASSES all"
        )
    new_label = {label: index for index, label in enumerate(selected)}
    return tuple(
        [
            Datum(impath=item.impath, label=new_label[item.label], classname=item.classname)
            for item in items
            if item.label in new_label
        ]
        for items in splits
    )


def read_split(path: str, image_dir: str) -> Splits:
    """Read a split_zhou_*.json file; picture paths in it are relative to image_dir.

    Raises:
        ValueError: if the file is not such a split.
    """
    print(f"Reading split from {path}")
    try:
        content = read_json(path)
        return tuple(
            [
                Datum(os.path.join(image_dir, impath), int(label), classname=name)
                for impath, label, name in content[part]
            ]
            for part in ("train", "val", "test")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a split file ({error}); fetch it again or delete it"
        ) from error


def save_split(splits: Splits, path: str, image_dir: str) -> None:
    """Write a split in CoOp's format, picture paths relative to image_dir."""
    parts = {
        part: [
            (os.path.relpath(item.impath, image_dir), item.label, item.classname) for item in items
        ]
        for part, items in zip(("train", "val", "test"), splits, strict=True)
    }
    write_json(parts, path)
    print(f"Saved split to {path}")


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
    print(
        f"Splitting into {p_train:.0%} train, {p_val:.0%} val, and {1 - p_train - p_val:.0%} test"
    )
    folders = sorted(f for f in listdir_nohidden(image_dir) if f not in ignored)
    splits: Splits = ([], [], [])
    for label, folder in enumerate(folders):
        # sorted first: the order of a directory differs between file systems
        files = sorted(listdir_nohidden(os.path.join(image_dir, folder)))
        random.shuffle(files)
        cut = round(len(files) * p_train)
        cuts = (cut, cut + round(len(files) * p_val))
        parts = files[: cuts[0]], files[cuts[0] : cuts[1]], files[cuts[1] :]
        if not all(parts):
            raise ValueError(
                f"{os.path.join(image_dir, folder)} has {len(files)} pictures: too few to split"
            )
        for items, part in zip(splits, parts, strict=True):
            items += [
                Datum(
                    os.path.join(image_dir, folder, f), label, classname=names.get(folder, folder)
                )
                for f in part
            ]
    return splits
