"""A sweep: trainings before the tests of their models, as many at a time as an engine takes."""

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import NamedTuple, Protocol

from rada.experiments.tasks import Task
from rada.workers.making import Order, Outcome
from rada.workers.progress import Progress
from rada.workers.words import accuracy, describe, failure

CRASHES = 2  # of the process that makes a run, until the run counts as failed
TICK = 2.0  # seconds


class Engine(Protocol):
    """What makes runs: workers of this machine, or of a cluster."""

    at_once: int  # runs it takes at a time
    patience: float  # of its orders
    crash: type[Exception] | tuple[type[Exception], ...]  # raised by the future of a crashed one

    def start(self, order: Order) -> Future[Outcome]:
        """Begin a run; less than `at_once` are being made."""

    def ended(self, future: Future[Outcome]) -> None:
        """Know that a run has ended, well or not."""

    def close(self) -> None:
        """Stop whatever runs."""


class Group(NamedTuple):
    """A run, and those that need it."""

    task: Task
    tests: tuple[Task, ...] = ()
    crashes: int = 0

    def count(self) -> int:
        """How many runs it is in all."""
        return 1 + len(self.tests)


class Schedule:
    """Makes runs until none is left; after a failed one only those that need it are left out.

    Args:
        engine: that makes them; closed at the end.
        progress: that is told.
    """

    def __init__(self, engine: Engine, progress: Progress):
        self.engine, self.progress = engine, progress
        self.ready: deque[Group] = deque()
        self.running: dict[Future[Outcome], Group] = {}

    def make(self, groups: list[list[Task]]) -> list[str]:
        """Make all that is not there of groups as `rada.experiments.groups.plan` gives them.

        Returns:
            One line for each failed run.

        Raises:
            ValueError: if a folder holds something else than its run; before anything is made.
        """
        self.ready.extend(unfinished(groups))
        total = sum(map(len, groups))
        self.progress.begin(total, total - sum(group.count() for group in self.ready))
        how = "stopped"
        try:
            while self.ready or self.running:
                self.begin()
                for future in wait(self.running, TICK, FIRST_COMPLETED).done:
                    self.end(future)
                self.progress.tick()
            how = "ended"
        finally:
            self.engine.close()
            self.progress.close(how)
        return sorted(self.progress.state.failed)

    def begin(self) -> None:
        """Begin as many runs as there is room for."""
        while self.ready and len(self.running) < self.engine.at_once:
            group = self.ready.popleft()
            self.progress.started(describe(group.task))
            order = Order(group.task, self.progress.apart, self.engine.patience)
            self.running[self.engine.start(order)] = group

    def end(self, future: Future[Outcome]) -> None:
        """See how a run has ended; what can begin now is next, so that tables fill row by row."""
        group = self.running.pop(future)
        self.engine.ended(future)
        crashed = future.exception()
        if crashed and not isinstance(crashed, self.engine.crash):
            raise crashed
        outcome = None if crashed else future.result()
        if outcome is not None and outcome.code <= 128:
            self.ready.extendleft(reversed(self.after(group, outcome)))
        elif group.crashes + 1 < CRASHES:  # it crashed, or a signal has stopped it alone
            self.progress.again(describe(group.task))
            self.ready.appendleft(group._replace(crashes=group.crashes + 1))
        else:
            code = outcome.code if outcome else 1
            self.after(group, Outcome(code, "its process was killed, more than once"))

    def after(self, group: Group, outcome: Outcome) -> list[Group]:
        """Tell what came of a run; the groups that can begin now."""
        task, name = group.task, describe(group.task)
        if outcome.code:
            line = failure(task, outcome, self.progress.apart)
            self.progress.failed(name, line, len(group.tests))
            return []
        self.progress.ended(name, outcome.seconds, accuracy(task.folder))
        return [Group(test) for test in group.tests]


def unfinished(groups: list[list[Task]]) -> list[Group]:
    """What is left to do of the groups: a training and its tests, or tests alone."""
    found = []
    for first, *tests in groups:
        left = [test for test in tests if not test.finished()]  # complains of other options, too
        if not first.finished():
            found.append(Group(first, tuple(tests)))
        else:
            found += map(Group, left)
    return found
