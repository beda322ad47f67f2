"""Is a run finished, and was it made with these options?"""

from datetime import datetime
from pathlib import Path

from rada.results_json import read_results


def is_finished(
    folder: Path, opts: list[str], model_dir: Path | None = None, rehearsal: bool = False
) -> bool:
    """Whether a folder holds the results of this very run.

    Args:
        folder: the run's output folder.
        opts: KEY VALUE ... as handed to train.py.
        model_dir: of a test, the folder of its finished training.
        rehearsal: whether the run is one.

    Raises:
        ValueError: if its results are broken, of a rehearsal where a real run was asked for or the
            other way round, made with other options, or older than the training.
    """
    trained = model_dir and checked_results(model_dir, rehearsal)
    if not (folder / "results.json").is_file():
        return False
    results = checked_results(folder, rehearsal)
    remedy = f"remove {folder} or set another OUTPUT"
    difference = first_difference(pairs(results.get("opts") or []), pairs(opts))
    if difference:
        raise ValueError(f"{folder} is finished with other options ({difference}); {remedy}")
    if trained and is_older(results, trained):
        raise ValueError(f"{folder} was tested before {model_dir} was trained; {remedy}")
    return True


def checked_results(folder: Path, rehearsal: bool) -> dict:
    """The results in a folder, which have to be a rehearsal's or a real run's as asked."""
    results = read_results(folder / "results.json")
    if bool(results.get("rehearsal")) != rehearsal:
        found = "a real run, not a rehearsal; " if rehearsal else "a rehearsal, not a real run; "
        remedy = "set another OUTPUT" if rehearsal else "remove it or set another OUTPUT"
        raise ValueError(f"{folder} holds {found}{remedy}")
    return results


def pairs(opts: list[str]) -> dict[str, str]:
    """KEY VALUE ... as a dict of text; as in yacs, a later value replaces an earlier one."""
    return dict(zip(map(str, opts[::2]), map(str, opts[1::2]), strict=False))


def first_difference(there: dict[str, str], asked: dict[str, str]) -> str:
    """The first option that differs, in words; empty if none does."""
    for key in sorted(there | asked):
        if there.get(key) != asked.get(key):
            return f"{key}: {there.get(key, 'not set')} there, {asked.get(key, 'not set')} now"
    return ""


def is_older(test: dict, train: dict) -> bool:
    """Whether a test was made before its training; False where the dates cannot be read."""
    try:
        dates = [datetime.fromisoformat(results["date"]) for results in (test, train)]
        return dates[0] < dates[1]
    except (KeyError, TypeError, ValueError):
        return False
