"""Copy what is printed into a log file."""

import contextlib
import os
import os.path as osp
import sys
import time
from collections.abc import Iterator

from dassl.utils.files import mkdir_if_missing


class Logger:
    """A stand-in for sys.stdout that also writes a file.

    Each line reaches the file at once, so that the log of a killed run is complete. Everything
    else that is asked of it (isatty, encoding, ...) is the terminal's. A file that cannot be
    written any more is given up: the terminal still gets what follows.

    Args:
        fpath: file to append to; None for none.

    Attributes:
        console: the stream that was sys.stdout before.
        file: the open log file or None.

    Raises:
        OSError: if the file cannot be written; says what to do.
    """

    def __init__(self, fpath: str | None = None):
        self.console = sys.stdout
        self.file = None
        if fpath is None:
            return
        try:
            mkdir_if_missing(osp.dirname(fpath))
            how = {"encoding": "utf-8", "errors": "backslashreplace"}
            self.file = open(fpath, "a", buffering=1, **how)  # noqa: SIM115
        except OSError as error:
            raise type(error)(
                f"cannot write the log {fpath}: {error.strerror}; "
                "choose another output folder or make it writable"
            ) from error

    def write(self, msg: str) -> int:
        """Write to the terminal and the file; raises OSError, once, if the file cannot take it."""
        written = self.console.write(msg)
        if self.file is not None:
            with self.giving_up():
                self.file.write(msg)
        return written

    def flush(self) -> None:
        """Flush both; the file reaches the disk."""
        self.console.flush()
        if self.file is not None:
            with self.giving_up():
                self.file.flush()
                os.fsync(self.file.fileno())

    @contextlib.contextmanager
    def giving_up(self) -> Iterator[None]:
        """Close a file that inside cannot be written, as on a full disk."""
        try:
            yield
        except OSError as error:
            name, file, self.file = self.file.name, self.file, None
            with contextlib.suppress(OSError):
                file.close()
            raise type(error)(f"cannot write the log {name}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file and give sys.stdout back; may be called twice."""
        if sys.stdout is self:
            sys.stdout = self.console
        if self.file is not None:
            self.file.close()
            self.file = None

    def __enter__(self) -> "Logger":
        return self

    def __exit__(self, *args) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "file", None) is not None:
            self.file.close()

    def __getattr__(self, name: str):
        if name in ("console", "file"):  # not there yet: __init__ failed
            raise AttributeError(name)
        return getattr(self.console, name)


def setup_logger(output: str | None = None) -> None:
    """Log into a file, or into log.txt of a folder; a former logger ends.

    An existing log is kept: the new one gets the time appended to its name. None changes nothing.

    Args:
        output: file name ending in .txt or .log, or a folder.

    Raises:
        OSError: if the log cannot be written; sys.stdout is then as before.
    """
    if output is None:
        return
    fpath = output if output.endswith((".txt", ".log")) else osp.join(output, "log.txt")
    if osp.exists(fpath):
        fpath += time.strftime("-%Y-%m-%d-%H-%M-%S")
    former = sys.stdout
    logger = Logger(fpath)
    if isinstance(former, Logger):
        logger.console = former.console
        former.close()
    sys.stdout = logger
