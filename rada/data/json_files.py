"""JSON files that several runs may write at once: each write is whole, the last one stays."""

import contextlib
import json
import os
import tempfile
from typing import Any


def read_json(path: str) -> Any:
    """The content of a UTF-8 file, with or without a byte order mark."""
    with open(path, encoding="utf-8-sig") as file:
        return json.load(file)


def write_json(content: Any, path: str) -> None:
    """Write a file, indented by four as CoOp does, and its folder.

    Raises:
        OSError: if it cannot be written; what was there is there still.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=4, separators=(",", ": "))
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes it private
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
