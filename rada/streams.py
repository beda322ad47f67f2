"""Output that never ends a run: letters that a terminal lacks, streams that are closed."""

import os
import sys


def make_forgiving() -> None:
    """Let stdout and stderr show what they cannot as \\u escapes, and be there even if closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def tell(line: str) -> None:
    """Print a last line on stderr; where nothing takes it, as on a full disk, do without.

    What stdout cannot take any more is given up, too, so that it does not fail again at the end.
    """
    for name, text in (("stdout", ""), ("stderr", f"{line}\n")):
        stream = getattr(sys, name)
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
