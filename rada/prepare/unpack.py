"""Unpack zip and tar files so that nothing leaves the target folder and nothing is missing.

Links are never made: a link to a file of the same archive becomes a copy of it, any other is
refused. So no member can be written through one.

An archive is read to its very end, past the last member: a tar file has to end in zeros, and so
the checksums of all that is compressed are compared. Plain tar files have none of their content.
"""

import contextlib
import errno
import lzma
import posixpath
import re
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from rada.prepare.messages import naming_disk, one_line
from rada.prepare.streams import decompressed
from rada.prepare.verify import CHUNK, bytes_bar

# what the decoders raise for damaged bytes; ValueError: for names and numbers that are none
DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, ValueError, IndexError, OverflowError, RuntimeError, MemoryError),
)


class WrongArchive(ValueError):
    """An archive that is damaged, or another than it should be.

    Attributes:
        fault: the message without the remedy.
    """

    def __init__(self, fault: str, remedy: str = "delete it, fetch it again and run this again"):
        super().__init__(f"{fault}; {remedy}")
        self.fault = fault


class Member(NamedTuple):
    """A file or folder in an archive.

    Attributes:
        has_checksum: it is compared when the member is read to its end.
    """

    name: str
    is_dir: bool
    open: Callable[[], IO[bytes]]
    has_checksum: bool = False


def unpack(archive: Path, into: Path, wanted: tuple[str, ...], inner: str = "") -> None:
    """Unpack some paths of an archive.

    Args:
        into: an existing folder.
        wanted: files and folders inside; all other members are only verified.
        inner: an archive inside that has them.

    Raises:
        WrongArchive: for a damaged archive, or one that lacks a path.
        ValueError: for a member that leads out.
        OSError: if something cannot be written.
    """
    if inner:
        with tempfile.TemporaryDirectory(dir=into) as middle:
            unpack(archive, Path(middle), (inner,))
            _unpack(Path(middle, inner), into, wanted, f"{inner} in {archive}")
    else:
        _unpack(archive, into, wanted, str(archive))


def _unpack(archive: Path, into: Path, wanted: tuple[str, ...], name: str) -> None:
    with naming_archive(name), archive.open("rb") as file, progress(file, archive) as step:
        for member in members(file):
            write(member, into, wanted)
            step()
    for path in wanted:
        if not (into / path).exists():
            raise WrongArchive(f"{name} has no {path} in it: it is another file of that name")


def write(member: Member, into: Path, wanted: tuple[str, ...] = ("",)) -> None:
    """Write one member below a folder, if it is wanted."""
    path = PurePosixPath(member.name)
    if not any(part in ("", ".") or path.is_relative_to(part) for part in wanted):
        if member.has_checksum:  # its name may be what is damaged
            with member.open() as source:
                while source.read(CHUNK):
                    pass
        return
    target = into / path
    try:
        with naming_disk(target):
            _write(member, target)
    except OSError as error:
        cause = error.__cause__
        if isinstance(cause, FileExistsError | NotADirectoryError | IsADirectoryError):
            raise _Refused(member.name, "is a file and a folder at once") from error
        if isinstance(cause, OSError) and cause.errno == errno.ENAMETOOLONG:
            raise _Refused(member.name, "has a longer name than this disk takes") from error
        raise


def _write(member: Member, target: Path) -> None:
    if member.is_dir:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, CHUNK)


def members(file: IO[bytes]) -> Iterator[Member]:
    """The members of an open archive, each found to stay inside; use within `naming_archive`."""
    is_zip = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")  # the second: it has no member
    file.seek(0)
    yield from _zip_members(file) if is_zip else _tar_members(file)


@contextlib.contextmanager
def progress(file: IO[bytes], archive: Path) -> Iterator[Callable[[], None]]:
    """A bar of the bytes read; call what it gives now and then."""
    with bytes_bar(f"unpack {archive.name}", archive.stat().st_size) as bar:
        yield lambda: bar.update(max(0, file.tell() - bar.n))


@contextlib.contextmanager
def naming_archive(archive: Path | str) -> Iterator[None]:
    """Turn what goes wrong with an archive into one line that names it.

    Raises:
        WrongArchive: if it is damaged.
        ValueError: for a member that must not be unpacked.
    """
    try:
        yield
    except _Refused as error:
        raise ValueError(f"{archive}: {error}; nothing of it is unpacked") from None
    except OSError as error:
        if error.errno is not None or error.__cause__ is not None:  # of the disk
            raise
        raise WrongArchive(f"{archive} is broken ({one_line(error)})") from error
    except DAMAGE as error:
        reason = one_line(error) or type(error).__name__
        raise WrongArchive(f"{archive} is broken ({reason})") from error


class _Refused(Exception):
    """A member that must not be unpacked."""

    def __init__(self, name: str, why: str):
        super().__init__(f'member "{one_line(name)}" {why}')


def _require_inside(name: str, path: str) -> None:
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or re.match("[A-Za-z]:", path):
        raise _Refused(name, "leads out of the folder")
    if "\0" in path:
        raise _Refused(name, "has a name that no file can have")


def _zip_members(file: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        _require_nothing_around(file, archive)
        for info in archive.infolist():
            _require_inside(info.filename, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _Refused(info.filename, "is a link")
            if info.flag_bits & 1:
                raise _Refused(info.filename, "wants a password: unpack the archive by hand")
            yield Member(info.filename, info.is_dir(), partial(archive.open, info), True)


def _require_nothing_around(file: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Refuse a zip file with bytes before or behind it: zipfile passes over both.

    Raises:
        zipfile.BadZipFile: if there are any.
    """
    record = 22 + len(archive.comment)  # bytes of what ends a zip file
    size = file.seek(0, 2)
    file.seek(max(0, size - record))
    end = file.read(22)
    if end[:4] != b"PK\x05\x06" or int.from_bytes(end[20:22], "little") != record - 22:
        raise zipfile.BadZipFile("something follows its end, or it is cut off")
    # a damaged length in the directory hides the members behind it; 0xFFFF: zip64, more than fit
    if int.from_bytes(end[10:12], "little") not in (0xFFFF, len(archive.infolist()) & 0xFFFF):
        raise zipfile.BadZipFile("its directory has another number of members than it says")
    if min((info.header_offset for info in archive.infolist()), default=0) != 0:
        raise zipfile.BadZipFile("it does not begin with its first member")


class _Header(tarfile.TarInfo):
    """A header of a tar file. For tarfile one that is damaged or cut off ends the archive."""

    @classmethod
    def fromtarfile(cls, archive):
        position = archive.offset
        try:
            header = super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # of zeros: what ends a whole archive
            raise
        except tarfile.HeaderError as error:
            if position == 0:
                raise tarfile.ReadError(f"no zip and no tar file: {error}") from error
            raise tarfile.ReadError(f"{error} at byte {position:,} of the tar file") from error
        if header.size < 0:  # tarfile would read in a circle
            raise tarfile.ReadError(f"a member of {header.size:,} bytes")
        return header


def _tar_members(file: IO[bytes]) -> Iterator[Member]:
    stream = decompressed(file)
    with tarfile.open(fileobj=stream, mode="r:", tarinfo=_Header) as archive:
        for info in archive:
            _require_inside(info.name, info.name)
            if info.issym() or info.islnk():
                base = posixpath.dirname(info.name) if info.issym() else ""
                target = posixpath.normpath(posixpath.join(base, info.linkname))
                _require_inside(info.name, target)
            elif not (info.isreg() or info.isdir()):
                raise _Refused(info.name, "is neither a file nor a folder")
            yield Member(info.name, info.isdir(), partial(_open, archive, info))
        if stream.tell() != archive.offset + tarfile.BLOCKSIZE:  # a link's copy was read last
            stream.seek(archive.offset)
        while following := stream.read(CHUNK):  # from the block of zeros at which tarfile stopped
            if following.strip(b"\0"):
                raise tarfile.ReadError("something follows its end")


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    with contextlib.suppress(KeyError, RecursionError):  # no such member; a link to itself
        stream = archive.extractfile(info)
        if stream is not None:
            return stream
    raise _Refused(info.name, "is a link to no file of the archive")
