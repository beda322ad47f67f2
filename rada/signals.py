"""How a process ends that is told to: like one that is stopped by Ctrl-C, and with its parent."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

PARENT = "RADA_PARENT"  # number of the process that this one must not outlive
OF_TORCHRUN = "TORCHELASTIC_RUN_ID"  # torchrun sets it for the processes that it starts
PR_SET_PDEATHSIG = 1  # of Linux' prctl
ASKED = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
ONCE = 1.0  # seconds within which a second signal is the first one, come by another way
SOON = 0.05  # seconds until a signal that was lost is given again


class Terminated(KeyboardInterrupt):
    """Someone at the terminal, another process, or the end of the terminal asks this one to end.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int):
        super().__init__()
        self.number = number


class _Stop:
    """The handler of the signals that end a process."""

    def __init__(self):
        self.number, self.since = 0, -ONCE

    def __call__(self, number, frame) -> None:
        """Stop, unless it is being stopped: of a group each process is told, and told on."""
        if time.monotonic() - self.since < ONCE:
            return
        self.number, self.since = number, time.monotonic()
        raise Terminated(number)

    def again(self, lost, before) -> None:
        """Where Python drops all errors, in destructors and callbacks, give the signal again."""
        if not issubclass(lost.exc_type, Terminated):
            before(lost)
            return
        self.since = -ONCE
        timer = threading.Timer(SOON, os.kill, (os.getpid(), self.number))
        timer.daemon = True
        timer.start()


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Inside, Ctrl-C, SIGTERM and SIGHUP raise `Terminated`; what is ignored (nohup) stays so.

    One that comes while Python drops errors is not lost; one that comes twice counts once.
    """
    stop, hook, before = _Stop(), sys.unraisablehook, {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ASKED):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, stop)
        sys.unraisablehook = lambda lost: stop.again(lost, hook)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(stopped: KeyboardInterrupt) -> int:
    """As of a process that its signal has ended: 130 of Ctrl-C, 143 of SIGTERM."""
    return 128 + (stopped.number if isinstance(stopped, Terminated) else signal.SIGINT)


def end_with_parent() -> None:
    """Let this process be asked to end when the one that started it for its own work is no more.

    That is the one RADA_PARENT names, or torchrun. A program that takes its place (exec) is asked,
    too; a process that it starts is not. Only Linux can do this; elsewhere a parent that is killed
    leaves its children behind.
    """
    number = os.environ.pop(PARENT, "")
    if OF_TORCHRUN in os.environ and not number:
        number = str(os.getppid())
    if not number.isdigit() or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(number):  # it ended before
        sys.exit(exit_code(Terminated(signal.SIGTERM)))
