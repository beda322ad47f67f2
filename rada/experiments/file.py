"""What one run left behind: results.json, and whether it was a rehearsal."""

import json
import math
from pathlib import Path


def read_results(path: Path) -> dict:
    """A results.json whose metrics are numbers.

    Raises:
        ValueError: if it is broken; names the file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: broken JSON ({error})") from None
    metrics = data.get("metrics") if isinstance(data, dict) else None
    if not isinstance(metrics, dict) or not metrics:
        raise ValueError(f"{path}: no metrics in it")
    for name, value in metrics.items():
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{path}: {name} is {value}, not a number")
    return data


def seconds_of(data: dict, ways: tuple[str, ...]) -> float | None:
    """Seconds of a run that was made in one of these ways, "train" or "test"; else None."""
    seconds = data.get("seconds")
    known = seconds if isinstance(seconds, dict) else {}
    return next((known[way] for way in ways if way in known), None)


def says_rehearsal(folder: Path) -> bool:
    """Whether a run's folder or a log in it is a rehearsal's: rehearsal/<protocol>/<run>."""
    logs = (path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("log.txt*"))
    return folder.parts[-8:-7] == ("rehearsal",) or any("REHEARSAL" in text for text in logs)
