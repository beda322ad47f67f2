"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, mode: str = "wb") -> Iterator[IO]:
    """Open a file for writing that takes the place of `path` once it is complete and on disk.

    Whatever interrupts the writing, `path` holds either what it held before or all of the new.

    Raises:
        OSError: if it cannot be written, naming the path; what `path` held is then still there.
    """
    temporary = path.with_name(f".{path.name}.tmp")  # one name: a killed run leaves one at most
    try:
        with open(temporary, mode) as file:
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
        temporary.unlink(missing_ok=True)
