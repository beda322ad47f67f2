"""Split files and halves of classes, as CoOp has them (checked against its own numbers)."""

import math
import os
from dataclasses import dataclass
from typing import Any

from rada.data.pictures import Picture
from rada.files import write_json
from rada.kinds import Kind, Text, Whole
from rada.records import ListOf, Record, part, read_record

Splits = tuple[list[Picture], list[Picture], list[Picture]]
PARTS = ("train", "val", "test")
REMEDY = "a split file holds train, val and test: correct it, or fetch CoOp's again"
LABEL = Whole(least=0, most=10**9)
NAME = Text("text, not empty", wrong=lambda text: "" if text.strip() else "it is empty")
PATH = NAME


def read_split(path: str, image_dir: str) -> Splits:
    """Read a split_zhou_*.json file; picture paths in it are relative to image_dir.

    Raises:
        ValueError: if the file is not such a split.
    """
    print(f"Reading split from {path}")
    entries = ListOf(SplitEntry(image_dir))
    content = read_record(path, Record(dict.fromkeys(PARTS, entries)), REMEDY)
    return tuple(content[name] for name in PARTS)


def save_split(splits: Splits, path: str, image_dir: str) -> None:
    """Write a split in CoOp's format, picture paths relative to image_dir."""
    parts = {
        part: [
            (os.path.relpath(item.impath, image_dir), item.label, item.classname) for item in items
        ]
        for part, items in zip(PARTS, splits, strict=True)
    }
    write_json(parts, path)
    print(f"Saved split to {path}")


@dataclass(frozen=True)
class SplitEntry(Kind):
    """A picture of a split file: its path, its label, the name of its class.

    Args:
        image_dir: the path is relative to it, or absolute.
    """

    image_dir: str

    def taken(self, value: Any) -> Picture:
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError
        path, label, name = value
        path = part(PATH, path, "the path of a picture")
        label = part(LABEL, _from_digits(label), f"the label of {path}")
        name = part(NAME, name, f"the class of {path}")
        return Picture(os.path.join(self.image_dir, path), label, name)

    def words(self) -> str:
        return "[path, label, class name]"


def _from_digits(label: Any) -> Any:
    """A label as a number; CoOp's readers take it as text, too."""
    return int(label) if isinstance(label, str) and label.isdecimal() else label


def require_labels(splits: Splits, source: str) -> None:
    """Check that labels are 0 .. K - 1, that each is one class and that training knows them all.

    Args:
        source: where the splits come from, for the message.

    Raises:
        ValueError: naming the first picture at fault.
    """
    names = {item.label: item.classname for item in reversed(splits[0])}
    for name, items in zip(PARTS, splits, strict=True):
        for item in items:
            if not 0 <= item.label < len(names) or item.label not in names:
                raise ValueError(
                    f"{source}: label {item.label} of {item.impath} ({name}) is out of range; "
                    f"training has {len(names)} classes, 0 to {len(names) - 1}; fetch it again"
                )
            if names[item.label] != item.classname:
                raise ValueError(
                    f'{source}: label {item.label} is "{names[item.label]}" and, for '
                    f'{item.impath} ({name}), "{item.classname}"; fetch it again'
                )


def subsample_classes(*splits: list[Picture], subsample: str = "all") -> tuple[list[Picture], ...]:
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
    halves = {
        id(items): [
            item._replace(label=new_label[item.label]) for item in items if item.label in new_label
        ]
        for items in splits
    }
    return tuple(halves[id(items)] for items in splits)  # equal lists stay one list
