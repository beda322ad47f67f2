"""Stand-in datasets for a rehearsal: real class names and layout, made-up pictures.

A tree has CoOp's split file, the dataset's own annotations (what readers fall back on without the
split file) and small pictures. STAMP in its folder says that it is none of the real dataset.
"""

import json
import os
from pathlib import Path

from rada.data.pictures import absent
from rada.data.registry import dataset_class
from rada.data.splits import PARTS
from rada.files import make_whole, read_stamp, sha256
from rada.rehearsal import STAMP
from rada.rehearsal.annotations import write_annotations, write_split
from rada.rehearsal.classes import classes
from rada.rehearsal.drawings import write_pictures
from rada.rehearsal.files import NAMES, File, list_files, other_files

VERSION = 1  # of what is written; another one makes trees anew


def build_tree(
    stem: str,
    root: str,
    train: int = 20,
    val: int = 6,
    test: int = 6,
    most_classes: int | None = 100,
    size: int = 32,
) -> str:
    """Write a stand-in for a dataset below root, unless it is there.

    Args:
        stem: as in configs/datasets, one of `NAMES`.
        root: folder of the datasets, a scratch one.
        train, val, test: pictures a class. ImageNet has no val, its shifts only test.
        most_classes: of the class list, or None for all; ImageNet and its shifts are thinned to
            the same classes.
        size: of the shorter side of the pictures, pixels.

    Returns:
        One line: what it is, and whether classes are left out.

    Raises:
        ValueError: if there is no stand-in for the dataset, for counts below 1, or if its folder
            exists and is no stand-in.
        OSError: if it cannot be written.
    """
    require_tree_size(stem, min(train, val, test, size), most_classes)
    cls = dataset_class(stem)
    folder = cls.folder(root)
    kept, total = classes(stem, most_classes)
    files = list_files(stem, kept, parts_of(stem, train, val, test))
    stamp = _stamp(files, size)

    def is_current() -> bool:
        require_stand_in(folder)
        if read_stamp(os.path.join(folder, STAMP)) != stamp or cls.missing(root):
            return False
        return not absent(os.path.join(folder, cls.image_dir, file.path) for file in files)

    def write(fresh: str) -> None:
        write_pictures(os.path.join(fresh, cls.image_dir), [*files, *other_files(stem)], size)
        if cls.split_file:
            write_split(os.path.join(fresh, cls.split_file), stem, files)
        write_annotations(stem, fresh, kept, files, most_classes)
        Path(fresh, STAMP).write_text(json.dumps(stamp))

    make_whole(folder, is_current, write)
    return describe(stem, len(kept), total, f"{len(files):,} stand-in pictures in {folder}")


def describe(stem: str, kept: int, total: int, pictures: str) -> str:
    """A tree in one line that says whether classes are left out."""
    thinned = f"all {total}" if kept == total else f"{kept} of its {total}"
    return f"{stem} with {thinned} classes, {pictures}"


def require_tree_size(stem: str, least: int, most_classes: int | None) -> None:
    """Raise ValueError for an unknown dataset or too small a tree; least is the smallest count."""
    if stem not in NAMES:
        raise ValueError(f'no stand-in for "{stem}"; known: {", ".join(NAMES)}')
    if least < 1 or (most_classes or 2) < 2:
        raise ValueError("a stand-in needs at least 1 picture in each part and 2 classes")


def parts_of(stem: str, train: int, val: int, test: int) -> dict[str, int]:
    """Pictures a class by part, as the dataset has parts."""
    if dataset_class(stem).test_only:
        return dict(zip(PARTS, (0, 0, test), strict=True))
    return dict(zip(PARTS, (train, 0 if stem == "imagenet" else val, test), strict=True))


def require_stand_in(folder: str) -> None:
    """Raise ValueError if a folder exists that no rehearsal made: it may be the real dataset."""
    if os.path.lexists(folder) and not os.path.exists(os.path.join(folder, STAMP)):
        raise ValueError(
            f"{folder} was not made by a rehearsal and stays as it is; "
            "set REHEARSE_ROOT to another folder"
        )


def _stamp(files: list[File], size: int) -> dict:
    lines = (f"{file.path}\t{file.part}\t{file.label}\t{file.of.name}\n" for file in files)
    return {"version": VERSION, "size": size, "files": sha256(lines)}
