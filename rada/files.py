"""Files and folders that are there whole or not at all; digests; the nearest of known names."""

import contextlib
import difflib
import glob
import hashlib
import json
import os
import secrets
import shutil
import socket
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from rada.locks import locked


@contextlib.contextmanager
def replacing(path: str | Path, mode: str = "wb") -> Iterator[IO]:
    """Open a file for writing that takes the place of `path` once it is complete and on disk.

    Whatever interrupts the writing, and whoever else writes it, `path` holds either what it held
    before or all of something new. Text is UTF-8.

    Raises:
        OSError: if it cannot be written, naming the path; what `path` held is then still there.
    """
    path = Path(path)
    temporary = _temporary(path)
    try:
        with open(temporary, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # torch.save wraps a full disk in RuntimeError
        kept = f"; the one before is whole: {path}" if path.exists() else ""
        reason = str(error).splitlines()[0]
        raise OSError(
            f"cannot write {path} ({reason}); is the disk full or read-only?{kept}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """A name beside a path that nobody else has; what killed processes left there is removed."""
    place = f".{path.name}.{socket.gethostname()}-"
    for left in _left(path):
        number = left.name.removeprefix(place).partition("-")[0]
        if number.isdigit() and not _alive(int(number)):
            with contextlib.suppress(OSError):
                os.unlink(left)
    return path.with_name(f"{place}{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _left(path: Path) -> list[Path]:
    """What is being written for a path, by whomever, and what was when a process was killed."""
    return list(path.parent.glob(f".{glob.escape(path.name)}.*-*-*.tmp"))


def _alive(process: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def require_regular(path: str | Path) -> None:
    """Make sure of a file before it is opened: to open a pipe waits, perhaps for ever.

    Raises:
        ValueError: if it is a folder, a pipe or a device, or a link that leads nowhere.
        OSError: if there is no such file.
    """
    if os.path.islink(path) and not os.path.exists(path):
        raise ValueError(f"{path} is a link that leads nowhere; put a file there")
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(f"{path} is no regular file; put a file there")


def read_json(path: str | Path) -> Any:
    """The content of a UTF-8 file, with or without a byte order mark.

    Raises:
        ValueError: in one line that names the file, if it holds no JSON.
        OSError: if there is no such file, or it cannot be read.
    """
    require_regular(path)
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: no UTF-8 text (byte {error.start:,})") from None
    except ValueError as error:
        raise ValueError(f"{path}: broken JSON ({error})") from None
    except RecursionError:
        raise ValueError(f"{path}: nested too deep") from None


def write_json(content: Any, path: str | Path, indent: int = 4) -> None:
    """Write a file, indented by four as CoOp does, and its folder.

    Raises:
        OSError: as `replacing`.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with replacing(path, "w") as file:
        json.dump(content, file, indent=indent, separators=(",", ": "))


def make_whole(folder: str, is_current: Callable[[], bool], write: Callable[[str], None]) -> None:
    """Make a folder unless it is there and up to date; an older one is replaced.

    It is whole or not there, also when several processes start at once. What killed processes left
    beside it is removed.

    Args:
        folder: its parents are made too.
        is_current: whether the folder can stay as it is.
        write: fills the empty folder whose path it is given; called only if needed.

    Raises:
        OSError: if the folder cannot be written.
    """
    path = Path(folder)
    if is_current():
        if _left(path):
            with contextlib.suppress(OSError), locked(f"{folder}.lock"):  # none is making it
                _remove(_left(path))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(f"{folder}.lock"):
        _remove(_left(path))
        if not is_current():  # another process may have made it meanwhile
            _make(path, write)


def _make(folder: Path, write: Callable[[str], None]) -> None:
    temporary = _temporary(folder)
    fresh = temporary / "fresh"
    try:
        fresh.mkdir(parents=True)
        write(str(fresh))
        if folder.is_dir():
            shutil.move(folder, temporary / "stale")
        fresh.rename(folder)
    finally:
        _remove([temporary])


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def read_stamp(path: str) -> dict | None:
    """What a folder was made from, None if nothing readable says it."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def sha256(parts: Iterable[str | bytes | memoryview]) -> str:
    """Digest, in hexadecimal, of parts one behind the other; text as UTF-8.

    A name of a file that is none in UTF-8 counts as the bytes that it is on disk.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode(errors="surrogateescape") if isinstance(part, str) else part)
    return digest.hexdigest()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """For an error line: ` (did you mean "..."?)` with the nearest name; empty if none is near."""
    by_lower = {item.lower(): item for item in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f' (did you mean "{by_lower[near[0]]}"?)' if near else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an error line: the nearest known name, else all of them."""
    known = sorted(known)
    return did_you_mean(name, known) or (f"; known: {', '.join(known)}" if known else "")
