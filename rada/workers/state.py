"""How far a sweep is: what it writes down meanwhile, and what is read of it elsewhere."""

import contextlib
import os
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from rada.kinds import Number, Text, Whole
from rada.records import ListOf, MapOf, Record, read_record

FOLDER = "sweeps"  # below a protocol's folder
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


def read_states(folder: Path) -> list[State]:
    """The sweeps that a folder or those in it know of, oldest first; broken files are left out."""
    found = []
    for path in (*folder.glob(f"{FOLDER}/*.json"), *folder.glob(f"*/{FOLDER}/*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(State(**read_record(path, STATE, "remove it")))
    return sorted(found, key=lambda state: state.begun)
