"""Whether a prepared dataset is complete: what is missing, and how many pictures it has.

Nothing is written: a reader is constructed only where its split file exists.
"""

import contextlib
import io
import os
from pathlib import Path
from typing import NamedTuple

from dassl.config import get_cfg_default
from rada.data.pictures import unreadable
from rada.data.registry import dataset_class
from rada.prepare.expected import EXPECTED, Counts
from rada.prepare.place import folder_of
from rada.prepare.source import Archive
from rada.prepare.sources import SOURCES
from rada.prepare.verify import md5_of
from rada.rehearsal import STAMP

ABSENT = "absent"
COMPLETE = "complete"


class Row(NamedTuple):
    """What is found of a dataset.

    Attributes:
        state: COMPLETE, ABSENT, or what is wrong, in a line.
        counts: None if it cannot be read.
        notes: files that are not the published ones, pictures that cannot be decoded.
    """

    stem: str
    state: str
    counts: Counts | None = None
    notes: tuple[str, ...] = ()


def check(stem: str, root: str, deep: bool = False) -> Row:
    """Look at one dataset.

    Args:
        root: the folder of the datasets.
        deep: decode every picture as well.
    """
    folder = folder_of(stem, root)
    if not folder.exists():
        return Row(stem, ABSENT)
    try:
        missing = dataset_class(stem).missing(root)
        if missing:
            names = [os.path.relpath(path, folder) for path in missing]
            return Row(stem, f"{folder} lacks {', '.join(names)}")
        dataset = read(stem, root)
        counts = count(dataset)
        bad = [f"{path}: {why}" for path, why in unreadable(_paths(dataset))] if deep else []
        if (folder / STAMP).exists():
            return Row(stem, f"{folder} is a rehearsal's stand-in; remove it", counts)
        return Row(stem, _state(stem, counts, bad), counts, (*not_published(stem, folder), *bad))
    except Exception as error:  # whatever a reader meets is this dataset's line
        expected = isinstance(error, (OSError, ValueError)) and str(error)
        return Row(stem, (str(error) if expected else repr(error)).splitlines()[-1])


def read(stem: str, root: str):
    """All pictures of a dataset, without decoding any."""
    cfg = get_cfg_default()
    cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS = str(root), -1
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = "all", False
    with contextlib.redirect_stdout(io.StringIO()):
        return dataset_class(stem)(cfg)


def count(dataset) -> Counts:
    """Pictures and classes of a dataset that is read."""
    val = 0 if dataset.val is dataset.test else len(dataset.val or ())
    train = 0 if dataset.test_only else len(dataset.train_x)
    return Counts(train, val, len(dataset.test), dataset.num_classes)


def not_published(stem: str, folder: Path) -> list[str]:
    """A line for each file that is in place of a published one, such as a split made anew."""
    lines = []
    for file in SOURCES[stem].files:
        path = folder / file.name
        comparable = not isinstance(file, Archive) and file.md5 and path.exists()
        if comparable and md5_of(path) != file.md5:
            lines.append(f"{path} is not the published file; move it away to fetch that one")
    return lines


def wrong(row: Row) -> bool:
    """Whether a dataset is there and not as it should be."""
    return row.state not in (ABSENT, COMPLETE)


def _state(stem: str, counts: Counts, bad: list[str]) -> str:
    if bad:
        return f"pictures that cannot be decoded: {len(bad):,}"
    differing = [
        f"{name} {found:,} instead of {asked:,}"
        for name, found, asked in zip(Counts._fields, counts, EXPECTED[stem], strict=True)
        if found != asked
    ]
    return ", ".join(differing) or COMPLETE


def _paths(dataset) -> list[str]:
    parts = (dataset.train_x, dataset.val or (), dataset.test)
    return [item.impath for part in parts for item in part]
