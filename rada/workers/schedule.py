"""A sweep: trainings before the tests of their models, as many at a time as an engine takes."""

import json
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import NamedTuple, Protocol

from rada.data.families import source_of
from rada.experiments.layout import shots_text
from rada.experiments.protocols import ADAPTED, MIXED, SHIFTED, SOURCE, TARGET, TUNED
from rada.experiments.tasks import Task, source
from rada.workers.making import BUSY, CONSOLE, Order, Outcome
from rada.workers.progress import Progress

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


def make_all(groups: list[list[Task]], engine: Engine, progress: Progress) -> list[str]:
    """Make all runs that are not there; after a failed one only those that need it are left out.

    Args:
        groups: as `rada.experiments.groups.plan` gives them.
        engine: that makes them; closed at the end.
        progress: that is told.

    Returns:
        One line for each failed run.

    Raises:
        ValueError: if a folder holds something else than the run asked for; before anything runs.
    """
    ready = deque(unfinished(groups))
    total, missing = sum(map(len, groups)), sum(count(group) for group in ready)
    progress.begin(total, total - missing)
    running: dict[Future[Outcome], Group] = {}
    how = "stopped"
    try:
        while ready or running:
            while ready and len(running) < engine.at_once:
                group = ready.popleft()
                progress.started(describe(group.task))
                order = Order(group.task, not progress.quiet, engine.patience)
                running[engine.start(order)] = group
            for future in wait(running, TICK, FIRST_COMPLETED).done:
                group = running.pop(future)
                engine.ended(future)
                # first what belongs to it, so that tables fill row by row
                ready.extendleft(reversed(after(group, future, engine, progress)))
            progress.tick()
        how = "ended"
    finally:
        engine.close()
        progress.close(how)
    return sorted(progress.state.failed)


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


def count(group: Group) -> int:
    """How many runs it is in all."""
    return 1 + len(group.tests)


def after(group: Group, future: Future[Outcome], engine: Engine, progress: Progress) -> list[Group]:
    """Tell how a run has ended; what can begin now."""
    task, name = group.task, describe(group.task)
    crashed = future.exception()
    if crashed and not isinstance(crashed, engine.crash):
        raise crashed
    outcome = None if crashed else future.result()
    if outcome is None or outcome.code > 128:  # or a signal has stopped the run alone
        if group.crashes + 1 < CRASHES:
            progress.again(name)
            return [group._replace(crashes=group.crashes + 1)]
        outcome = Outcome(outcome.code if outcome else 1, "its process was killed, more than once")
    if outcome.code:
        progress.failed(name, failure(task, outcome, progress.quiet), len(group.tests))
        return []
    progress.ended(name, outcome.seconds, accuracy(task.folder))
    return [Group(test) for test in group.tests]


def failure(task: Task, outcome: Outcome, quiet: bool) -> str:
    """Why a run has failed, in a line."""
    name = describe(task)
    if outcome.code == BUSY:
        return f"{name}: {outcome.line}"
    log = task.folder / ("log.txt" if quiet else CONSOLE)
    seen = "its error is printed above" if quiet else last_line(log)
    return f"{name} (exit code {outcome.code}): {outcome.line or seen} ({log})"


def describe(task: Task) -> str:
    """A run in words."""
    special = {"all": shots_text(task.shots), SOURCE: "training", TARGET: f"from {source()}"}
    special[ADAPTED], special[TUNED] = "at test time", f"fine-tuning, {shots_text(task.shots)}"
    special[SHIFTED], special[MIXED] = f"from {source_of(task.dataset)}", "WiSE-FT"
    what = special.get(task.part, f"{task.part} classes")
    return f"{task.trainer} on {task.dataset}, seed {task.seed}, {what}"


def accuracy(folder: Path) -> str:
    """The accuracy in a folder's results.json, in words."""
    try:
        metrics = json.loads((folder / "results.json").read_text())["metrics"]
        return f"{metrics['accuracy']:.1f}%"
    except (OSError, ValueError, KeyError, TypeError):
        return "no accuracy"


def last_line(log: Path) -> str:
    """The last line of a console that says something."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
