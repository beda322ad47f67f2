"""What is told of a sweep while it runs: at the terminal, and in a file for `rada status`."""

import contextlib
import os
import shlex
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from rada.files import write_json
from rada.kinds import Number, Text, Whole
from rada.records import ListOf, MapOf, Record, read_record

FOLDER = "sweeps"  # below a protocol's folder
EVERY = 2.0  # seconds between two states of the file


COUNTS = ("process", "total", "skipped", "done", "left_out")
STATE = Record(
    {
        **dict.fromkeys(("command", "host", "ended"), Text()),
        **dict.fromkeys(COUNTS, Whole(least=0)),
        **dict.fromkeys(("begun", "date", "seconds"), Number(least=0)),
        "at_once": Whole(least=1),
        "failed": ListOf(Text()),
        "running": MapOf(Number(least=0)),
    }
)


@dataclass
class State:
    """How far a sweep is.

    Attributes:
        total: runs asked for.
        skipped: of them, those that were there already.
        done, failed: of the others, how many have ended well, and in one line why some have not.
        left_out: runs whose training has failed.
        running: names of those being made, with the time they began at.
        seconds: of all runs that have ended well, together.
        date: of this state, seconds since 1970.
    """

    command: str
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    begun: float = field(default_factory=time.time)
    date: float = 0.0
    total: int = 0
    skipped: int = 0
    done: int = 0
    failed: list[str] = field(default_factory=list)
    left_out: int = 0
    running: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    at_once: int = 1
    ended: str = ""

    @property
    def over(self) -> int:
        """How many runs nobody has to wait for any more."""
        return self.skipped + self.done + len(self.failed) + self.left_out

    @property
    def waiting(self) -> int:
        """How many runs have not begun."""
        return max(0, self.total - self.over - len(self.running))

    def left(self, now: float) -> float | None:
        """Seconds until all is done, judged by the runs until now; None if none has ended."""
        if not self.done:
            return None
        each = self.seconds / self.done
        begun = sum(min(each, now - since) for since in self.running.values())
        return (each * (self.waiting + len(self.running)) - begun) / max(1, self.at_once)

    def words(self, now: float) -> str:
        """In a line."""
        parts = [f"{self.skipped + self.done} of {self.total} runs done"]
        parts += [f"{self.skipped} of them before"] if self.skipped else []
        parts += [f"{len(self.running)} running", f"{len(self.failed)} failed"]
        parts += [f"{self.left_out} left out"] if self.left_out else []
        parts.append(f"{self.waiting} waiting")
        if not self.ended and (left := self.left(now)) is not None:
            parts.append(f"{tqdm.format_interval(max(0, left))} left")
        return ", ".join(parts)


class Progress:
    """Keeps the state of a sweep, shows it, and writes it down.

    Args:
        folder: of the protocol.
        at_once: runs at a time.
        quiet: whether runs have the terminal to themselves: no bar, a line before each of them.
    """

    def __init__(self, folder: Path, at_once: int, quiet: bool):
        words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
        self.state = State(" ".join(map(shlex.quote, words)), at_once=at_once)
        self.path = folder / FOLDER / f"{self.state.host}-{self.state.process}.json"
        self.quiet, self._written, self._bar = quiet, 0.0, None

    def begin(self, total: int, skipped: int) -> None:
        """Know how many runs there are, and how many of them are there already."""
        self.state.total, self.state.skipped = total, skipped
        if skipped:
            print(f"Already finished: {skipped} of {total} runs (skipped)", flush=True)
        if not self.quiet and total > skipped:
            shown = {"bar_format": "{percentage:3.0f}% |{bar:20}| {desc}"}
            shown["mininterval"] = 0.5 if sys.stderr.isatty() else 30
            self._bar = tqdm(total=total, initial=skipped, **shown)
        self.tick()

    def started(self, name: str) -> None:
        """A run has begun."""
        if self.quiet:
            print(f"\n[{self.state.over + 1}/{self.state.total}] {name}", flush=True)
        self.state.running[name] = time.time()
        self.tick()

    def ended(self, name: str, seconds: float, said: str) -> None:
        """A run has ended well; `said` is what came of it."""
        self.state.running.pop(name, None)
        self.state.done += 1
        self.state.seconds += seconds
        self.tell(f"{name}: {said}")
        self.tick()

    def again(self, name: str) -> None:
        """The process that made a run was killed; it is made once more."""
        self.state.running.pop(name, None)
        self.tell(f"once more: {name} (its process was killed)")

    def failed(self, name: str, line: str, left_out: int) -> None:
        """A run has failed, and with it so many that need it."""
        self.state.running.pop(name, None)
        self.state.failed.append(line)
        self.state.left_out += left_out
        self.tell(f"failed: {line}")
        self.tick()

    def tell(self, line: str) -> None:
        """Print above the bar; where runs have the terminal, they speak for themselves."""
        if not self.quiet:
            tqdm.write(line)

    def tick(self) -> None:
        """Show and write the state, the latter not more often than EVERY seconds."""
        now = time.time()
        if self._bar is not None:
            self._bar.set_description_str(self.state.words(now), refresh=False)
            self._bar.update(self.state.over - self._bar.n)
        if now - self._written > EVERY:
            self._write(now)

    def close(self, how: str) -> None:
        """The end; `how` is a word for it."""
        self.state.running.clear()
        self.state.ended = how
        if self._bar is not None:
            self._bar.set_description_str(self.state.words(time.time()))
            self._bar.close()
        self._write(time.time())

    def _write(self, now: float) -> None:
        self._written = self.state.date = now
        with contextlib.suppress(OSError):  # the runs say it if the disk is full
            write_json(asdict(self.state), self.path)


def read_states(folder: Path) -> list[State]:
    """The sweeps that a folder or those in it know of, oldest first; broken files are left out."""
    found = []
    for path in (*folder.glob(f"{FOLDER}/*.json"), *folder.glob(f"*/{FOLDER}/*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(State(**read_record(path, STATE, "remove it")))
    return sorted(found, key=lambda state: state.begun)
