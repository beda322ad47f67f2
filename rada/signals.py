"""How a process ends that is told to: like one that is stopped by Ctrl-C, and with its parent."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator

PARENT = "RADA_PARENT"  # number of the process that this one must not outlive
PR_SET_PDEATHSIG = 1  # of Linux' prctl
ASKED = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminated(KeyboardInterrupt):
    """Another process, or the end of the terminal, asks this one to end.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int):
        super().__init__()
        self.number = number


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP stop as Ctrl-C does; one that is ignored (nohup) stays so."""

    def stop(number, frame):
        raise Terminated(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ASKED):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(stopped: KeyboardInterrupt) -> int:
    """As of a process that its signal has ended: 130 of Ctrl-C, 143 of SIGTERM."""
    return 128 + (stopped.number if isinstance(stopped, Terminated) else signal.SIGINT)


def end_with_parent() -> None:
    """Let this process be asked to end when the one that RADA_PARENT names is no more.

    A program that takes its place (exec) is asked, too; a process that it starts is not. Only Linux
    can do this; elsewhere a parent that is killed leaves its children behind.
    """
    number = os.environ.pop(PARENT, "")
    if not number.isdigit() or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(number):  # it ended before
        sys.exit(exit_code(Terminated(signal.SIGTERM)))
