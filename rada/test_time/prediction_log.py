"""Predictions of a long test, kept picture by picture, so that it can go on where it stopped.

`predictions_<split>.jsonl` in the output folder: the first line says what the test was made with,
each other line is one picture's prediction and the seconds of testing until then. While the test
runs the file ends in `.part`; of several processes that share the pictures, process r > 0 writes
`.part<r>`. The finished file of a run that died before its results.json is gone on from like an
unfinished one.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from rada.engine.checkpoints import require_same
from rada.engine.metrics import Prediction
from rada.files import replacing, require_regular
from rada.kinds import Flag, Number, Text, Whole
from rada.records import MapOf, Record, checked

REMEDY = "remove the file to test from the start"
ROUNDED_ONE = 1.01  # of a probability in half precision
Key = tuple[str, int]  # a picture's path below the datasets, and its label


class PredictionLog:
    """Predictions so far, by the picture's path below the datasets and its label.

    The first process takes over what earlier runs left, also those with more processes; only then
    may the others make theirs, and only when all have one may predictions be added.

    Args:
        path: of the finished file.
        made_with: what decides the predictions, as strings by name.
        classes: how many there are; labels and predictions are 0 to one less.
        rank: number of this process, from 0.

    Attributes:
        predictions: by path and label.
        seconds_before: that the earlier parts of an interrupted test took until their last
            prediction.

    Raises:
        ValueError: if an unfinished file was made with something else, or is broken.
    """

    def __init__(self, path: Path, made_with: dict[str, str], classes: int, rank: int = 0):
        self.path, self.made_with, self.classes = path, made_with, classes
        self.part = path.with_name(f"{path.name}.part")
        self.own = self.part.with_name(f"{self.part.name}{rank or ''}")
        self._lines: dict[Key, dict] = {}
        if not rank:
            self._take_back()
        self._read(self.part)
        self.seconds_before: float = max((x["seconds"] for x in self._lines.values()), default=0.0)
        self.start = time.monotonic()
        self.own.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.own.open("a", encoding="utf-8")
        if not self.own.stat().st_size:
            self._write(made_with)
        if not rank:
            self.take_over()

    @property
    def predictions(self) -> dict[Key, Prediction]:
        """By path and label."""
        return {key: _prediction(line) for key, line in self._lines.items()}

    def add(self, path: str, prediction: Prediction) -> None:
        """Keep a prediction; it is on disk when this returns, unless the machine itself fails."""
        seconds = self.seconds_before + time.monotonic() - self.start
        self._add({"path": path, **prediction._asdict(), "seconds": round(seconds, 3)})

    def take_over(self) -> None:
        """Add the predictions of all other processes, which have closed theirs."""
        for part in sorted(self.part.parent.glob(f"{self.part.name}[1-9]*")):
            known = set(self._lines)
            self._read(part)
            for key, line in self._lines.items():
                if key not in known:
                    self._write(line)
            part.unlink()

    def finish(self, keys: Sequence[Key]) -> None:
        """Write the finished file, a line for each of these pictures in their order."""
        self.close()
        with replacing(self.path) as file:
            for line in (self.made_with, *(self._lines[key] for key in keys)):
                file.write(f"{json.dumps(line)}\n".encode())
        self.part.unlink()

    def close(self) -> None:
        """Close the file; a new log goes on from it."""
        self.file.close()

    def _add(self, line: dict) -> None:
        self._lines[line["path"], line["label"]] = line
        self._write(line)

    def _write(self, line: dict) -> None:
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def _take_back(self) -> None:
        """Let a finished file of this test that led to no results be the unfinished one."""
        if self.part.exists() or self.path.with_name("results.json").exists():
            return
        try:
            with self.path.open("rb") as file:
                ours = json.loads(file.readline()) == self.made_with
        except (OSError, ValueError, RecursionError):
            return
        if ours:
            os.replace(self.path, self.part)

    def _read(self, part: Path) -> None:
        """Add the predictions of a file, if it is there."""
        header, *lines = _whole_lines(part, self.classes) or [None]
        if header is not None:
            require_same(header, self.made_with, str(part), "made")
            self._lines |= {(line["path"], line["label"]): line for line in lines}


def _whole_lines(part: Path, classes: int) -> list[dict]:
    """Header and predictions; what a killed process left of a line is cut off."""
    if not part.exists():
        return []
    require_regular(part)
    text = part.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        with part.open("r+b") as file:
            file.truncate(len(whole))
    header, prediction = MapOf(Text()), line_kind(classes)
    lines = []
    for number, line in enumerate(whole.splitlines(), 1):
        where = f"{part}, line {number}"
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"{where}: it is damaged; {REMEDY}") from None
        lines.append(checked(prediction if lines else header, content, where, REMEDY))
    return lines


def line_kind(classes: int) -> Record:
    """What the line of a picture holds."""
    label = Whole(least=0, below=classes)
    return Record(
        {
            "path": Text(),
            "label": label,
            "prediction": label,
            "in_top5": Flag(),
            "confidence": Number(least=0, most=ROUNDED_ONE),
            "seconds": Number(least=0),
        }
    )


def _prediction(line: dict) -> Prediction:
    return Prediction(*(line[name] for name in Prediction._fields))
