"""Predictions of a long test, kept picture by picture, so that it can go on where it stopped.

`predictions_<split>.jsonl` in the output folder: the first line says what the test was made with,
each other line is one picture's answer and the seconds of testing until then. While the test runs
the file ends in `.part`. The finished file of a run that died before its results.json is gone on
from like an unfinished one.
"""

import json
import math
import os
import time
from pathlib import Path

from trainers.answers import Answer
from trainers.records import require_same


class Journal:
    """Answers so far, by the picture's path below the datasets and its label.

    Args:
        path: of the finished file.
        made_with: what decides the answers, as strings by name.

    Attributes:
        answers: by path and label.
        seconds_before: that the earlier parts of an interrupted test took until their last answer.

    Raises:
        ValueError: if an unfinished file was made with something else, or is broken.
    """

    def __init__(self, path: Path, made_with: dict[str, str]):
        self.path, self.part = path, path.with_name(f"{path.name}.part")
        self.answers: dict[tuple[str, int], Answer] = {}
        self._take_back(made_with)
        header, *lines = self._whole_lines() or [None]
        if header is not None:
            require_same(header, made_with, str(self.part), "made")
            self.answers = {(line["path"], line["label"]): _answer(line) for line in lines}
        self.seconds_before: float = lines[-1]["seconds"] if lines else 0.0
        self.start = time.monotonic()
        self.part.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.part.open("a", encoding="utf-8")
        if header is None:
            self._write(made_with)

    def add(self, path: str, answer: Answer) -> None:
        """Keep an answer; it is on disk when this returns, unless the machine itself fails."""
        self.answers[path, answer.label] = answer
        seconds = self.seconds_before + time.monotonic() - self.start
        self._write({"path": path, **answer._asdict(), "seconds": round(seconds, 3)})

    def finish(self) -> None:
        """Give the file its name."""
        self.close()
        os.replace(self.part, self.path)

    def close(self) -> None:
        """Close the file; a new journal goes on from it."""
        self.file.close()

    def _write(self, line: dict) -> None:
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def _take_back(self, made_with: dict[str, str]) -> None:
        """Let a finished file of this test that led to no results be the unfinished one."""
        if self.part.exists() or self.path.with_name("results.json").exists():
            return
        try:
            with self.path.open("rb") as file:
                ours = json.loads(file.readline()) == made_with
        except (FileNotFoundError, ValueError):
            return
        if ours:
            os.replace(self.path, self.part)

    def _whole_lines(self) -> list[dict]:
        """Header and answers; what a killed process left of a line is cut off."""
        if not self.part.exists():
            return []
        text = self.part.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            with self.part.open("r+b") as file:
                file.truncate(len(whole))
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
        except ValueError:
            lines = [None]
        if not (all(isinstance(line, dict) for line in lines) and all(map(_is_answer, lines[1:]))):
            raise ValueError(f"{self.part} is damaged; remove it to test from the start")
        return lines


def _is_answer(line: dict) -> bool:
    kinds = {"path": str, **Answer.__annotations__, "seconds": float}
    right = all(type(line.get(name)) is kind for name, kind in kinds.items())
    return right and math.isfinite(line["confidence"]) and math.isfinite(line["seconds"])


def _answer(line: dict) -> Answer:
    return Answer(*(line[name] for name in Answer._fields))
