"""Folders that are made whole or not at all, safe when several processes start at once."""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path


def ensure_whole(folder: str, is_current: Callable[[], bool], write: Callable[[str], None]) -> None:
    """Make a folder unless it is there and up to date; an older one is replaced.

    Args:
        folder: its parents are made too.
        is_current: whether the folder can stay as it is.
        write: fills the empty folder whose path it is given; called only if needed.

    Raises:
        OSError: if the folder cannot be written.
    """
    if is_current():
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with _only_one(f"{folder}.lock"):
        if not is_current():  # another process may have made it meanwhile
            _make(folder, write)


def read_stamp(path: str) -> dict | None:
    """What a folder was made from, None if nothing readable says it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def _only_one(path: str) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(folder: str, write: Callable[[str], None]) -> None:
    parent, name = os.path.split(folder)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=parent) as temporary:
        fresh = os.path.join(temporary, "fresh")
        os.mkdir(fresh)
        write(fresh)
        if os.path.isdir(folder):
            shutil.move(folder, os.path.join(temporary, "stale"))
        os.rename(fresh, folder)
