"""Workers of this machine: one process each, that imports once and makes run after run."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections import deque
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from rada.workers.devices import VISIBLE
from rada.workers.making import Order, Outcome, make

PATIENCE = 5.0  # seconds a worker that is stopped has to end by itself
RUNS = 200  # that a worker makes before a new one takes its place
GROWTH = 2 << 30  # bytes that it may have more than after its first run


class Worker:
    """A process that makes runs, one at a time, and is made anew when it has to be.

    Args:
        gpus: its CUDA_VISIBLE_DEVICES; None leaves that as it is.
    """

    def __init__(self, gpus: str | None = None):
        self.gpus = gpus
        self._pool: ProcessPoolExecutor | None = None
        self._number: Future[int] | None = None
        self._made, self._first = 0, 0

    def start(self, order: Order) -> Future[Outcome]:
        """Begin a run; the future has its outcome, BrokenProcessPool if its process died."""
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["rada.workers.warm"])
            self._pool = ProcessPoolExecutor(1, context, begin, (self.gpus,))
            self._number = self._pool.submit(os.getpid)
            self._made = 0
        return self._pool.submit(make, order)

    def ended(self, outcome: Outcome | None) -> None:
        """After a run: let a process go that has crashed (no outcome), is old, or has grown."""
        self._made += 1
        if self._made == 1 and outcome:
            self._first = outcome.memory
        if outcome is None or self._made >= RUNS or outcome.memory > self._first + GROWTH:
            self.close()

    def close(self) -> None:
        """Let the process end, which has nothing to do; the next run gets a new one."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def signal(self, number: int) -> None:
        """Signal the process and those it has started, if it is there."""
        if self._pool is None or self._number is None or not self._number.done():
            return
        with contextlib.suppress(ProcessLookupError, BrokenProcessPool, CancelledError):
            os.killpg(self._number.result(), number)


class LocalEngine:
    """So many workers of this machine.

    Args:
        gpus: CUDA_VISIBLE_DEVICES of each, as `devices.shared_out` gives them.

    Attributes:
        at_once: how many runs it takes at a time.
    """

    crash = BrokenProcessPool
    patience = 0.0  # a folder that somebody else writes is told at once

    def __init__(self, gpus: list[str | None]):
        self.at_once = len(gpus)
        self._idle = deque(map(Worker, gpus))
        self._busy: dict[Future[Outcome], Worker] = {}

    def start(self, order: Order) -> Future[Outcome]:
        """Begin a run; there has to be room for it."""
        worker = self._idle.popleft()
        future = worker.start(order)
        self._busy[future] = worker
        return future

    def ended(self, future: Future[Outcome]) -> None:
        """Take back the worker of a run that has ended."""
        worker = self._busy.pop(future)
        worker.ended(None if future.exception() else future.result())
        self._idle.append(worker)

    def close(self) -> None:
        """Let all workers go; those that make a run are stopped, after PATIENCE by force."""
        running = [future for future in self._busy if not future.done()]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for worker in self._busy.values():
                worker.signal(number)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and not all(future.done() for future in running):
                time.sleep(0.05)
        for worker in (*self._idle, *self._busy.values()):
            worker.close()


def begin(gpus: str | None) -> None:
    """What a worker does first: a process group of its own, which ends with who started it."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the sweep, which ends its workers
    if gpus is not None:
        os.environ[VISIBLE] = gpus
    sweep = multiprocessing.parent_process()
    assert sweep is not None, "a worker is started by a sweep"
    threading.Thread(target=end_with, args=(sweep.sentinel,), daemon=True).start()


def end_with(sentinel: int) -> None:
    """End this process group when the sweep has ended, which may have been killed.

    The kernel's signal (`rada.signals.end_with_parent`) does not help: a worker's parent is the
    server it is forked from, and that lives as long as any worker.
    """
    multiprocessing.connection.wait([sentinel])
    os.killpg(0, signal.SIGTERM)
    time.sleep(PATIENCE)
    os.killpg(0, signal.SIGKILL)
