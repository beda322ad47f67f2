"""What is told of a sweep while it runs: at the terminal, and in a file for `rada status`."""

import contextlib
import os
import shlex
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from rada.files import write_json
from rada.workers.state import FOLDER, State

EVERY = 2.0  # seconds between two states of the file


class Progress:
    """Keeps the state of a sweep, shows it, and writes it down.

    Args:
        folder: of the protocol.
        at_once: runs at a time.
        apart: whether runs print into files of their own; else they have the terminal to
            themselves, with a line before each of them in place of a bar.
    """

    def __init__(self, folder: Path, at_once: int, apart: bool):
        words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
        self.state = State(" ".join(map(shlex.quote, words)), at_once=at_once)
        self.path = folder / FOLDER / f"{self.state.host}-{self.state.process}.json"
        self.apart, self._written, self._bar = apart, 0.0, None

    def begin(self, total: int, skipped: int) -> None:
        """Know how many runs there are, and how many of them are there already."""
        self.state.total, self.state.skipped = total, skipped
        if skipped:
            print(f"Already finished: {skipped} of {total} runs (skipped)", flush=True)
        if self.apart and total > skipped:
            shown = {"bar_format": "{percentage:3.0f}% |{bar:20}| {desc}"}
            shown["mininterval"] = 0.5 if sys.stderr.isatty() else 30
            self._bar = tqdm(total=total, initial=skipped, **shown)
        self.tick()

    def started(self, name: str) -> None:
        """A run has begun."""
        if not self.apart:
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
        if self.apart:
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
