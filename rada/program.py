"""How each of our programs ends: a mistake in one line, a signal as one that is told to stop."""

import signal
import sys
from collections.abc import Callable
from typing import Any

from rada.kinds import printable
from rada.signals import exit_code, stopped_by_signals
from rada.streams import make_forgiving, tell

MISTAKES = (OSError, ValueError)  # what a user can mend
GOES_ON = "stopped; the same command goes on from here"


def run_program(
    body: Callable[[], Any],
    mistakes: tuple[type[Exception], ...] = MISTAKES,
    describe: Callable[[Exception], str] = str,
    stopped: str = "stopped",
) -> int:
    """Run a program to its end.

    Args:
        body: what it does; may return an exit code.
        mistakes: errors that end it in one line on stderr and exit code 2.
        describe: the line for one of them.
        stopped: what to say when a signal ends it.

    Returns:
        The exit code: 0, 2 for a mistake, 128 + its number for a signal, or what `body` returns.
    """
    make_forgiving()
    try:
        with stopped_by_signals():
            code = body()
            sys.stdout.flush()
    except mistakes as error:
        tell(f"error: {printable(describe(error))}")
        return 2
    except KeyboardInterrupt as signalled:
        tell(stopped)
        return exit_code(signalled)
    return code if isinstance(code, int) else 0


def end_with_reader() -> None:
    """Let a program that prints a table end quietly when nobody reads on, as with `| head`."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
