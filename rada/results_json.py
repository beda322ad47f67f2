"""results.json, read: what one run left behind, and whether it was a rehearsal."""

import re
from pathlib import Path

from rada.kinds import Anything, Number, Several, Text, Whole
from rada.records import MapOf, OrNone, Record, checked, read_record

NUMBERS = MapOf(Number())
RESULTS = Record(
    {"metrics": NUMBERS},
    {
        "wise_ft": Several(NUMBERS),
        "trainer": Text(),
        "dataset": Text(),
        "classes": Text(),
        "seed": Whole(),
        "shots": Whole(),
        "learned_parameters": OrNone(Whole(least=0)),
        "opts": OrNone(Several(Anything())),
    },
)


def read_results(path: Path) -> dict:
    """A results.json, each of its parts as what reads it expects.

    Raises:
        ValueError: if it is broken; names the file.
    """
    data = read_record(path, RESULTS, f"remove {path.parent} and run again")
    if not data["metrics"]:
        raise ValueError(f"{path}: no metrics in it")
    if isinstance(data.get("seconds"), dict):  # a number in files of long ago
        data["seconds"] = checked(NUMBERS, data["seconds"], f"{path}: seconds", "run again")
    data.setdefault("wise_ft", mixtures_by_name(data["metrics"]))
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
