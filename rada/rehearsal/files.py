"""What the picture files of each dataset are called, and which there are.

The traps of the real names are kept: numbers without leading zeros (they sort as text), blanks,
numbers in no order of classes, UCF101's HandStandPushups in the folder Handstand_Pushups.
"""

import random
from typing import NamedTuple

from rada.data.splits import PARTS
from rada.files import sha256
from rada.rehearsal.classes import Class


class File(NamedTuple):
    """A picture: its path below the dataset's image_dir, and what it is."""

    path: str
    part: str  # train, val or test
    label: int
    of: Class
    number: int  # in its class, from 0
    serial: int  # in the dataset, from 0, in no order of classes


# folders that are no classes of the reader, and how their pictures end
OTHERS = {
    "caltech101": (("BACKGROUND_Google", "jpg"), ("Faces_easy", "jpg")),
    "objectnet": (("air_freshener", "png"),),
}


def list_files(stem: str, classes: list[Class], counts: dict[str, int]) -> list[File]:
    """All pictures of a dataset, class by class.

    Args:
        counts: pictures a class, by part.
    """
    total = len(classes) * sum(counts.values())
    serials = iter(random.Random(0).sample(range(total), total))
    files = []
    for label, of in enumerate(classes):
        parts = [part for part in PARTS for _ in range(counts[part])]
        for number, part in enumerate(parts):
            file = File("", part, label, of, number, next(serials))
            files.append(file._replace(path=NAMES[stem](file)))
    return files


def other_files(stem: str) -> list[File]:
    """Three pictures in each folder that the reader has to leave out."""
    return [
        File(f"{name}/image_{number:04d}.{ending}", "test", -1, Class(name, name), number, -1)
        for name, ending in OTHERS.get(stem, ())
        for number in range(3)
    ]


def action(of: Class) -> str:
    """Apply_Eye_Makeup -> ApplyEyeMakeup, as UCF101's own lists have it."""
    return of.own.replace("_", "")


def _imagenet(file: File) -> str:
    if file.part == "train":
        return f"train/{file.of.own}/{file.of.own}_{file.number * 13 + 7}.JPEG"
    return f"val/{file.of.own}/ILSVRC2012_val_{file.serial + 1:08d}.JPEG"


def _cars(file: File) -> str:
    return f"cars_{'test' if file.part == 'test' else 'train'}/{file.serial + 1:05d}.jpg"


def _ucf101(file: File) -> str:
    name = action(file.of).replace("HandstandPushups", "HandStandPushups")
    group, clip = divmod(file.number, 4)
    return f"{file.of.own}/v_{name}_g{group + 1:02d}_c{clip + 1:02d}.jpg"


def _digest(file: File) -> str:
    return sha256([f"{file.of.own} {file.number}"])


NAMES = {
    "imagenet": _imagenet,
    "caltech101": lambda f: f"{f.of.own}/image_{f.number + 1:04d}.jpg",
    "oxford_pets": lambda f: f"{f.of.own}_{f.number + 1}.jpg",
    "stanford_cars": _cars,
    "oxford_flowers": lambda f: f"image_{f.serial + 1:05d}.jpg",
    "food101": lambda f: f"{f.of.own}/{f.serial * 331 + 5}.jpg",
    "fgvc_aircraft": lambda f: f"{f.serial * 331 + 34309:07d}.jpg",
    "sun397": lambda f: f"{f.of.own}/sun_{_digest(f)[:16]}.jpg",
    "dtd": lambda f: f"{f.of.own}/{f.of.own}_{f.number + 1:04d}.jpg",
    "eurosat": lambda f: f"{f.of.own}/{f.of.own}_{f.number + 1}.jpg",
    "ucf101": _ucf101,
    "imagenetv2": lambda f: f"{f.of.own}/{_digest(f)[:40]}.jpeg",
    "imagenet_sketch": lambda f: f"{f.of.own}/sketch_{f.number}.JPEG",
    "imagenet_a": lambda f: f"{f.of.own}/0.{f.serial:06d}_{f.of.name} _ {f.of.name}_0.9.jpg",
    "imagenet_r": lambda f: f"{f.of.own}/art_{f.number}.jpg",
    "objectnet": lambda f: f"{f.of.own}/{_digest(f)[:15]}.png",
}
