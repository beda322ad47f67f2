"""One writer at a time: a lock is an open file that the kernel frees however its process ends.

So no lock outlives its owner, and none has to be removed by hand. The file is beside or in what is
locked, not the folder itself: network file systems pass on locks of files, not of folders, and a
file can name the owner. It is there only while it is locked, or after a killed owner until the
next one ends.
"""

import contextlib
import errno
import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)
RUNNING = ".lock"  # in the output folder of a run
# file systems without locks: NFS without its lock daemon, Lustre without -o flock
UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
PATIENCE = 0.5  # seconds: `owner_of` has a lock for a moment, too
_mine: set[IO] = set()


class Held(OSError):
    """Another process has the lock."""


@contextlib.contextmanager
def locked(path: str | Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock that a file stands for.

    Processes that are forked inside do not hold it.

    Args:
        path: of the file; its folder exists.
        wait: until it is free.

    Yields:
        Whether it is held; False on a file system without locks, which is told.

    Raises:
        Held: if it is not free and `wait` is False; says who has it.
        OSError: if the file cannot be written.
    """
    file, held = _acquire(Path(path), wait)
    _mine.add(file)
    try:
        yield held
    finally:
        if file in _mine:  # not in a fork
            _mine.discard(file)
            with contextlib.suppress(OSError):
                os.unlink(path)  # while it is locked: `_acquire` looks whether it is still there
            file.close()


@contextlib.contextmanager
def owned(folder: str | Path) -> Iterator[None]:
    """Make an output folder and hold it for one run.

    Raises:
        OSError: in one line, if another run writes there, or the folder cannot be written.
    """
    folder = Path(folder)
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / RUNNING, wait=False))
        except Held as error:
            raise Held(busy(folder, str(error))) from None
        except OSError as error:
            raise type(error)(
                f"cannot write to the output folder {folder}: {error.strerror}; "
                "choose another --output-dir or make it writable"
            ) from error
        yield


def owner_of(folder: Path) -> str:
    """The run that writes an output folder now, in words; empty if none does."""
    try:
        with open(folder / RUNNING, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(folder / RUNNING)
    except OSError:  # not there, or no locks
        pass
    return ""


def busy(folder: Path, owner: str) -> str:
    """What to say of a folder that has an owner."""
    return (
        f"{folder} is written by {owner}; wait until it has ended, or choose another --output-dir"
    )


def _acquire(path: Path, wait: bool) -> tuple[IO, bool]:
    deadline = time.monotonic() + PATIENCE
    while True:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115  (the caller holds it)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno in UNSUPPORTED:
                _tell_unsupported(path.parent)
                return file, False
            file.close()
            if not isinstance(error, BlockingIOError):
                raise
            if time.monotonic() > deadline:
                raise Held(_named(path)) from None
            time.sleep(PATIENCE / 10)
            continue
        if _is_at(file, path):
            _name(file)
            return file, True
        file.close()  # its owner has ended and removed it since it was opened


@cache
def _tell_unsupported(folder: Path) -> None:
    logger.warning("%s: no locks on this file system; start nothing twice there", folder)


def _is_at(file: IO, path: Path) -> bool:
    """Whether an open file is the one that a path names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _name(file: IO) -> None:
    """Say in a lock file who has it, for the message of `Held`."""
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()


def _named(path: Path) -> str:
    """Who has a lock, as its file says."""
    with contextlib.suppress(OSError, ValueError):
        if said := path.read_text(encoding="utf-8"):
            return f"another run ({said})"
    return "another run"


def _forget() -> None:
    """In a fork: a worker that outlives its run for a moment must not keep its folder locked."""
    while _mine:
        with contextlib.suppress(OSError):
            _mine.pop().close()


os.register_at_fork(after_in_child=_forget)
