"""What `python -m rada.prepare` prints."""

from collections.abc import Iterable
from pathlib import Path

from tabulate import tabulate

from rada.data.registry import dataset_class
from rada.prepare.check import Row
from rada.prepare.expected import EXPECTED
from rada.prepare.sources import SOURCES

PARTS = ("train", "val", "test", "classes")


def overview(stems: Iterable[str]) -> str:
    """A table of datasets and of how they are obtained."""
    rows = [
        (
            stem,
            dataset_class(stem).dataset_dir,
            *(_number(number) for number in EXPECTED[stem]),
            f"{SOURCES[stem].gigabytes:g}" if SOURCES[stem].gigabytes else "?",
            f"by hand: {SOURCES[stem].by_hand}" if SOURCES[stem].by_hand else "download",
        )
        for stem in stems
    ]
    return _table(("dataset", "folder", *PARTS, "GB, about", "how"), rows)


def findings(rows: Iterable[Row]) -> str:
    """A table of what is found, and under it what is to be noted."""
    rows = list(rows)
    lines = [
        (row.stem, *(_number(number) for number in row.counts or (0,) * len(PARTS)), row.state)
        for row in rows
    ]
    notes = [note for row in rows for note in row.notes]
    return "\n".join([_table(("dataset", *PARTS, "state"), lines), *notes])


def instructions(stem: str, folder: Path) -> str:
    """The numbered steps of what a person has to do, and what the folder looks like then."""
    steps = [step.format(folder=folder) for step in SOURCES[stem].steps]
    cls = dataset_class(stem)
    names = dict.fromkeys(name for name in (cls.image_dir, cls.split_file, *cls.needed) if name)
    return "\n".join(
        [
            f"{stem}: this cannot be downloaded ({SOURCES[stem].by_hand}):",
            *(f"  {number}. {step}" for number, step in enumerate(steps, 1)),
            "The folder is complete with:",
            *(f"  {folder / name}" for name in names),
        ]
    )


def _number(number: int) -> str:
    return f"{number:,}" if number else "-"


def _table(headers: tuple[str, ...], rows: list[tuple]) -> str:
    align = ["right" if name in PARTS or "GB" in name else "left" for name in headers]
    return tabulate(rows, headers, disable_numparse=True, colalign=align if rows else None)
