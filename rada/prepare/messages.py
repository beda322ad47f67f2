"""Error lines about what comes from outside: one line each, whatever a server or a disk says."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rada.kinds import printable

LONGEST = 200  # characters of what others say


def one_line(text: object) -> str:
    """What a server, a decoder or an archive says, without line breaks and of bounded length."""
    line = printable(" ".join(str(text).split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


@contextlib.contextmanager
def naming_disk(path: Path) -> Iterator[None]:
    """Name the file that cannot be written.

    Raises:
        OSError: with the path and the remedy, for any OSError of the operating system.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # not of the operating system: gzip and bz2 found bad bytes
            raise
        raise OSError(
            f"cannot write {one_line(path)} ({error.strerror}); make room there or use another "
            "--root, then run this again"
        ) from error
