"""The files that come with the pictures: CoOp's split file and the datasets' own lists.

Each function writes below the dataset's folder what the reader of that dataset falls back on.
"""

import json
import os
import random
from collections.abc import Callable, Iterable

import numpy as np
from scipy.io import savemat

from rada.data.splits import PARTS
from rada.rehearsal.classes import CATS, Class, imagenet_wnids
from rada.rehearsal.files import File, action


def write_split(path: str, stem: str, files: list[File]) -> None:
    """CoOp's split_zhou_*.json: [path, label, class name] of each picture, by part."""
    if stem == "oxford_flowers":  # that of the flowers is not in the order of labels
        files = sorted(files, key=lambda file: file.serial)
    split = {
        part: [[file.path, file.label, file.of.name] for file in files if file.part == part]
        for part in PARTS
    }
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(split, stream, indent=4)


def write_annotations(
    stem: str, folder: str, classes: list[Class], files: list[File], most: int | None
) -> None:
    """The dataset's own lists, if it has any."""
    if stem.startswith("imagenet") or stem == "objectnet":
        lines = (f"{wnid} {name}" for wnid, name in imagenet_wnids(most).items())
        _write_lines(os.path.join(folder, "classnames.txt"), lines)
    if stem in ("imagenet_a", "imagenet_r"):
        name = stem.replace("_", "-")
        _write_lines(os.path.join(folder, name, "README.txt"), [f"stand-in pictures for {name}"])
    if stem in WRITERS:
        WRITERS[stem](folder, classes, files)


def _pets(folder: str, classes: list[Class], files: list[File]) -> None:
    breeds = {True: 0, False: 0}
    rows = []
    for of in classes:
        cat = of.name in CATS
        breeds[cat] += 1
        rows.append(f"{1 if cat else 2} {breeds[cat]}")
    for name, test in (("trainval", False), ("test", True)):
        lines = [
            f"{f.path.removesuffix('.jpg')} {f.label + 1} {rows[f.label]}"
            for f in files
            if (f.part == "test") == test
        ]
        _write_lines(os.path.join(folder, "annotations", f"{name}.txt"), lines)


def _cars(folder: str, classes: list[Class], files: list[File]) -> None:
    corners = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
    paths = ("devkit/cars_train_annos.mat", "cars_test_annos_withlabels.mat")
    os.makedirs(os.path.join(folder, "devkit"))
    for path, test in zip(paths, (False, True), strict=True):
        some = sorted(f for f in files if (f.part == "test") == test)
        rows = [(1, 1, 32, 32, f.label + 1, os.path.basename(f.path)) for f in some]
        kinds = [(name, object) for name in (*corners, "class", "fname")]
        savemat(os.path.join(folder, path), {"annotations": np.array([rows], dtype=kinds)})
    names = np.array([[of.own for of in classes]], dtype=object)
    savemat(os.path.join(folder, "devkit", "cars_meta.mat"), {"class_names": names})


def _flowers(folder: str, classes: list[Class], files: list[File]) -> None:
    labels = [f.label + 1 for f in sorted(files, key=lambda f: f.serial)]
    savemat(os.path.join(folder, "imagelabels.mat"), {"labels": np.array([labels], np.uint8)})
    names = [(str(label), of.name) for label, of in enumerate(classes, 1)]
    random.Random(0).shuffle(names)  # the published file is in no order either
    with open(os.path.join(folder, "cat_to_name.json"), "w", encoding="utf-8") as file:
        json.dump(dict(names), file)


def _aircraft(folder: str, classes: list[Class], files: list[File]) -> None:
    _write_lines(os.path.join(folder, "variants.txt"), (of.own for of in classes))
    for part in PARTS:
        lines = [f"{f.path.removesuffix('.jpg')} {f.of.own}" for f in files if f.part == part]
        _write_lines(os.path.join(folder, f"images_variant_{part}.txt"), sorted(lines))


def _sun397(folder: str, classes: list[Class], files: list[File]) -> None:
    _write_lines(os.path.join(folder, "ClassName.txt"), (f"/{of.own}" for of in classes))
    for name, test in (("Training_01", False), ("Testing_01", True)):
        lines = (f"/{f.path}" for f in files if (f.part == "test") == test)
        _write_lines(os.path.join(folder, f"{name}.txt"), lines)


def _ucf101(folder: str, classes: list[Class], files: list[File]) -> None:
    lists = os.path.join(folder, "ucfTrainTestlist")
    index = (f"{label} {action(of)}" for label, of in enumerate(classes, 1))
    _write_lines(os.path.join(lists, "classInd.txt"), index)
    for name, test in (("trainlist01", False), ("testlist01", True)):
        lines = []
        for f in (f for f in files if (f.part == "test") == test):
            video = os.path.basename(f.path).replace(".jpg", ".avi")
            lines.append(f"{action(f.of)}/{video}" + ("" if test else f" {f.label + 1}"))
        _write_lines(os.path.join(lists, f"{name}.txt"), lines)


WRITERS: dict[str, Callable[[str, list[Class], list[File]], None]] = {
    "oxford_pets": _pets,
    "stanford_cars": _cars,
    "oxford_flowers": _flowers,
    "fgvc_aircraft": _aircraft,
    "sun397": _sun397,
    "ucf101": _ucf101,
}


def _write_lines(path: str, lines: Iterable[str]) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
