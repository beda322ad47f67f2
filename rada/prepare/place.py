"""From a source to a folder that the dataset's reader accepts."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rada.data.registry import dataset_class
from rada.prepare.download import Unreachable, download
from rada.prepare.source import Archive, File
from rada.prepare.sources import SOURCES
from rada.prepare.unpack import WrongArchive
from rada.prepare.verify import WrongContent, require_md5
from rada.rehearsal import STAMP


def prepare(stem: str, root: str, keep: bool = False) -> list[str]:
    """Fetch and unpack what a dataset lacks; what is in place stays as it is.

    Args:
        root: the folder of the datasets.
        keep: keep archives after unpacking; those found there are kept in any case.

    Returns:
        What went wrong, a line each; the other files are there all the same.

    Raises:
        OSError: if the folder cannot be made, or another process is at work in it.
        ValueError: if the folder is a rehearsal's stand-in.
    """
    folder = folder_of(stem, root)
    if (folder / STAMP).exists():
        raise ValueError(f"{folder} is a rehearsal's stand-in; remove it, then run this again")
    folder.mkdir(parents=True, exist_ok=True)
    problems = []
    with _alone(folder):
        for file in SOURCES[stem].files:
            try:
                obtain(file, folder, keep)
            except Unreachable as error:
                problems.append(f"{error}; {file.remedy(folder)}")
            except (OSError, ValueError) as error:
                problems.append(str(error))
    return problems


def folder_of(stem: str, root: str) -> Path:
    """The folder of a dataset, absolute."""
    return Path(dataset_class(stem).folder(root))


def obtain(file: File, folder: Path, keep: bool = False) -> None:
    """Put one file, or the contents of an archive, in its place.

    Raises:
        OSError, ValueError: if it cannot be fetched, is damaged or cannot be written.
    """
    path = folder / file.name
    if all((folder / target).exists() for target in file.targets):
        return
    found = path.exists()
    if not found and not file.urls:
        return  # a person has to fetch it: the steps say how
    if found:
        _require_good(file, path)
    else:
        print(f"fetching {file.name}")
        download(file.urls, path, file.md5)
    if isinstance(file, Archive):
        print(f"unpacking {path}")
        try:
            unpack_into(file, folder)
        except WrongArchive as error:
            if found:
                raise  # a person's file is not ours to remove
            path.unlink()
            again = "it is removed, run this again to fetch it anew"
            raise WrongArchive(error.fault, f"{again}; or {file.remedy(folder)}") from error
        if not found and not keep:
            path.unlink()


def unpack_into(file: Archive, folder: Path) -> None:
    """Unpack an archive beside its targets, then rename: a target that exists is whole.

    Raises:
        OSError, ValueError: if the archive is damaged or cannot be unpacked.
    """
    fresh = folder / f".unpacking-{file.name}"
    shutil.rmtree(fresh, ignore_errors=True)  # of a process that was killed
    fresh.mkdir()
    try:
        file.unpack(folder / file.name, fresh, tuple(file.contents), file.inner)
        for inside, target in file.contents.items():
            if not (folder / target).exists():
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                (fresh / inside).rename(folder / target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _require_good(file: File, path: Path) -> None:
    try:
        require_md5(path, file.md5)
    except WrongContent as error:
        raise WrongContent(f"{error}; delete it, then {file.remedy(path.parent)}") from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)  # the folder itself is locked: no file is left in it
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(f"{folder}: another process is preparing it; wait for it") from None
    except OSError as error:  # network file systems may know no locks of folders
        if error.errno not in (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):
            raise
