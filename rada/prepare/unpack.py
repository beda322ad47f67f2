"""Unpack zip and tar files so that nothing leaves the target folder.

Links are never made: a link to a file of the same archive becomes a copy of it, any other is
refused. So no member can be written through one.
"""

import contextlib
import gzip
import lzma
import posixpath
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from rada.prepare.verify import bytes_bar

BROKEN = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError)


class Member(NamedTuple):
    """A file or folder in an archive."""

    name: str
    is_dir: bool
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, into: Path, wanted: tuple[str, ...], inner: str = "") -> None:
    """Unpack some paths of an archive.

    Args:
        into: an existing folder.
        wanted: files and folders inside; all other members are only looked at.
        inner: an archive inside that has them.

    Raises:
        ValueError: for a broken archive, one that lacks a path, or a member that leads out.
    """
    if inner:
        with tempfile.TemporaryDirectory(dir=into) as middle:
            unpack(archive, Path(middle), (inner,))
            unpack(Path(middle, inner), into, wanted)
        return
    with naming_archive(archive), archive.open("rb") as file, progress(file, archive) as step:
        for member in members(file):
            write(member, into, wanted)
            step()
    for path in wanted:
        if not (into / path).exists():
            raise ValueError(f"{archive} has no {path} in it; is it another file of that name?")


def write(member: Member, into: Path, wanted: tuple[str, ...] = ("",)) -> None:
    """Write one member below a folder, if it is wanted."""
    path = PurePosixPath(member.name)
    if not any(part in ("", ".") or path.is_relative_to(part) for part in wanted):
        return
    target = into / path
    if member.is_dir:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)


def members(file: IO[bytes]) -> Iterator[Member]:
    """The members of an open archive, each found to stay inside; use within `naming_archive`."""
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    yield from _zip_members(file) if is_zip else _tar_members(file)


@contextlib.contextmanager
def progress(file: IO[bytes], archive: Path) -> Iterator[Callable[[], None]]:
    """A bar of the bytes read; call what it gives now and then."""
    with bytes_bar(f"unpack {archive.name}", archive.stat().st_size) as bar:
        yield lambda: bar.update(max(0, file.tell() - bar.n))


@contextlib.contextmanager
def naming_archive(archive: Path) -> Iterator[None]:
    """Turn what goes wrong with an archive into one line that names it.

    Raises:
        ValueError: with the remedy.
    """
    try:
        yield
    except _Refused as error:
        raise ValueError(f"{archive}: {error}; nothing of it is kept") from None
    except (*BROKEN, EOFError, NotImplementedError) as error:
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{archive} is broken ({reason}); delete it, fetch it again and run this again"
        ) from error


class _Refused(Exception):
    """A member that must not be unpacked."""

    def __init__(self, name: str, why: str):
        super().__init__(f'member "{name}" {why}')


def _require_inside(name: str, path: str) -> None:
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or re.match("[A-Za-z]:", path):
        raise _Refused(name, "leads out of the folder")


def _zip_members(file: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            _require_inside(info.filename, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _Refused(info.filename, "is a link")
            if info.flag_bits & 1:
                raise _Refused(info.filename, "wants a password: unpack the archive by hand")
            yield Member(info.filename, info.is_dir(), partial(archive.open, info))


def _tar_members(file: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for info in archive:
            _require_inside(info.name, info.name)
            if info.issym() or info.islnk():
                base = posixpath.dirname(info.name) if info.issym() else ""
                target = posixpath.normpath(posixpath.join(base, info.linkname))
                _require_inside(info.name, target)
            elif not (info.isreg() or info.isdir()):
                raise _Refused(info.name, "is neither a file nor a folder")
            yield Member(info.name, info.isdir(), partial(_open, archive, info))


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    with contextlib.suppress(KeyError, RecursionError):  # no such member; a link to itself
        stream = archive.extractfile(info)
        if stream is not None:
            return stream
    raise _Refused(info.name, "is a link to no file of the archive")
