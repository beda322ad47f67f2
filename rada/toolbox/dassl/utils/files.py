"""Reading and writing files."""

import contextlib
import glob
import json
import os
import os.path as osp
import socket
import warnings
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from dassl.pictures import as_rgb, open_picture


def mkdir_if_missing(dirname: str) -> None:
    """Make a folder and those above it."""
    if dirname:
        os.makedirs(dirname, exist_ok=True)


def check_isfile(fpath: str) -> bool:
    """Whether a path is a file; warns if not."""
    isfile = osp.isfile(fpath)
    if not isfile:
        warnings.warn(f'No file found at "{fpath}"', stacklevel=2)
    return isfile


def listdir_nohidden(path: str, sort: bool = False) -> list[str]:
    """Names in a folder that do not start with a dot."""
    names = [name for name in os.listdir(path) if not name.startswith(".")]
    return sorted(names) if sort else names


@contextlib.contextmanager
def written_whole(path: str, mode: str = "wb") -> Iterator[IO]:
    """Open a file for writing that replaces `path` once it is complete.

    Whatever interrupts the writing, and whoever else writes it, `path` holds either its former
    content or all of something new.
    """
    temporary = _own_name_beside(path)
    try:
        with open(temporary, mode) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise


def _own_name_beside(path: str) -> str:
    """A name that no other process uses; what killed processes left under theirs is removed."""
    start = f"{osp.join(osp.dirname(path), '.' + osp.basename(path))}.{socket.gethostname()}-"
    for left in glob.glob(f"{glob.escape(start)}*.tmp"):
        number = left[len(start) : -len(".tmp")]
        if number.isdigit() and not _is_alive(int(number)):
            with contextlib.suppress(OSError):
                os.remove(left)
    return f"{start}{os.getpid()}.tmp"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def read_json(fpath: str) -> Any:
    """The content of a JSON file."""
    with open(fpath, encoding="utf-8") as file:
        return json.load(file)


def write_json(obj: Any, fpath: str) -> None:
    """Write a JSON file, indented by four, and its folder."""
    mkdir_if_missing(osp.dirname(fpath))
    with written_whole(fpath, "w") as file:
        json.dump(obj, file, indent=4, separators=(",", ": "))


def read_image(path: str) -> Image.Image:
    """Read a picture as RGB, as `dassl.pictures.as_rgb` says.

    Raises:
        ValueError: if that fails, naming the picture.
    """
    try:
        with open_picture(path) as image:
            return as_rgb(image)
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, ...
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f'cannot read picture "{path}": {reason}; replace or remove it') from error
