"""One run of a sweep in this process, with the numbers of a process of its own."""

import contextlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rada.experiments.run import launcher
from rada.experiments.tasks import Task
from rada.locks import owner_of
from rada.signals import PARENT
from rada.workers.isolation import isolated

CONSOLE = "console.txt"  # in a run's folder: what it prints, if the terminal is not its own
BUSY = 75  # as sysexits.h has it: try again later


class Outcome(NamedTuple):
    """How a run has ended.

    Attributes:
        code: exit code; BUSY if somebody else was making it.
        line: why it failed, if it could not even begin.
        seconds: that it took.
        memory: of the worker after it, bytes; 0 where that is not known.
    """

    code: int
    line: str = ""
    seconds: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Order:
    """A run that a worker shall make.

    Args:
        task: what it is.
        apart: whether it prints into a file of its own, CONSOLE, and not to the terminal.
        patience: seconds to wait for somebody who writes its folder, such as a worker whose
            machine was lost.
    """

    task: Task
    apart: bool = False
    patience: float = 0.0


def make(order: Order) -> Outcome:
    """Make a run, unless it is there; nothing of it stays in this process."""
    start, task = time.monotonic(), order.task
    try:
        if owner := _waited(order):
            return Outcome(BUSY, f"it is being made by {owner}")
        if task.finished():
            return Outcome(0)
        with printing_to(task.folder / CONSOLE if order.apart else None), isolated():
            code = _made(task)
    except (OSError, ValueError) as error:
        return Outcome(2, str(error), time.monotonic() - start, memory())
    return Outcome(code, "", time.monotonic() - start, memory())


def _made(task: Task) -> int:
    command = launcher(task)
    if "torch.distributed.run" in command:  # several processes
        environment = {**os.environ, PARENT: str(os.getpid())}
        words = [sys.executable, *command, *task.train_arguments()]
        return subprocess.run(words, env=environment, stdin=subprocess.DEVNULL).returncode
    from rada.engine.command import cli

    try:
        return cli(task.train_arguments())
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception:  # an error of ours or of a method's: that run's alone
        traceback.print_exc()
        return 1


def _waited(order: Order) -> str:
    """Who writes the folder of a run, still after the order's patience; empty if nobody."""
    deadline = time.monotonic() + order.patience
    while (owner := owner_of(order.task.folder)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return owner


@contextlib.contextmanager
def printing_to(path: Path | None) -> Iterator[None]:
    """Inside, all that this process and its children print is appended to a file.

    Raises:
        OSError: if that cannot be written.
    """
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        with path.open("ab") as file:
            for number, _ in kept:
                os.dup2(file.fileno(), number)
        with _written_through():
            yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


@contextlib.contextmanager
def _written_through() -> Iterator[None]:
    """Streams of its own: what one run could not write is not left to the next."""
    before = sys.stdout, sys.stderr
    encoding = before[0].encoding
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, closefd=False, buffering=1)  # noqa: SIM115
    opened = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in opened:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def memory() -> int:
    """Bytes of memory that this process has; 0 where that is not known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
