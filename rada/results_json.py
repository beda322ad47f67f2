"""results.json, read: what one run left behind, and whether it was a rehearsal."""

import json
import math
import re
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
    mixtures = data.setdefault("wise_ft", mixtures_by_name(metrics))
    if not isinstance(mixtures, list) or not all(isinstance(each, dict) for each in mixtures):
        raise ValueError(f"{path}: wise_ft is no list of mixtures")
    for results in (metrics, *mixtures):
        for name, value in results.items():
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{path}: {name} is {value}, not a number")
    return data


def mixtures_by_name(metrics: dict[str, float]) -> list[dict[str, float]]:
    """What later files have as `wise_ft`, of metrics named as until version 0.1: accuracy_at_0.5.

    Those names are taken out.
    """
    by_coefficient: dict[str, dict[str, float]] = {}
    matches = [re.fullmatch(r"(.+)_at_(\d[\d.e-]*)", name) for name in metrics]
    for match in filter(None, matches):
        name, metric, coefficient = match[0], match[1], match[2]
        mixture = by_coefficient.setdefault(coefficient, {"coefficient": float(coefficient)})
        mixture[metric] = metrics.pop(name)
    return list(by_coefficient.values())


def seconds_of(data: dict, ways: tuple[str, ...]) -> float | None:
    """Seconds of a run that was made in one of these ways, "train" or "test"; else None."""
    seconds = data.get("seconds")
    known = seconds if isinstance(seconds, dict) else {}
    return next((known[way] for way in ways if way in known), None)


def says_rehearsal(folder: Path) -> bool:
    """Whether a run's folder or a log in it is a rehearsal's: rehearsal/<protocol>/<run>."""
    logs = (path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("log.txt*"))
    return folder.parts[-8:-7] == ("rehearsal",) or any("REHEARSAL" in text for text in logs)
