"""A stored report of benchmarks/head.py."""

PLACE = {"device": "AMD EPYC", "cores": 2, "threads": 2, "torch": "2.14.1", "python": "3.11.7"}
PLACE |= {"pillow": "13.0.0", "clip": "clip-anytorch 2.6.0", "OS": "Debian GNU/Linux 12"}


def report(milliseconds: float, **more) -> dict:
    """With one row that was not run densely."""
    rows = [
        {"step": "train", "K": 50, "B": 1, "exact ms": milliseconds, "dense ms": 4.0},
        {"step": "train", "K": 1000, "B": 1, "exact ms": 9.0, "dense ms": "not run"},
    ]
    told = {"command": "python benchmarks/head.py", **PLACE, "date": "2026-11-28T10:00:00+00:00"}
    return {**told, "digits": 1, "rows": rows, **more}
