"""Is a run finished, and was it made with these options? For the scripts:

    python -m results.finished [--trained MODEL_DIR] FOLDER KEY VALUE ...

Exit code 0: finished, nothing to do; 3: to be run; 2: finished with other options, or broken (one
line on stderr).
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from results.runs import read_results

TO_RUN = 3


def is_finished(folder: Path, opts: list[str], model_dir: Path | None = None) -> bool:
    """Whether a folder holds the results of this very run.

    Args:
        folder: the run's output folder.
        opts: KEY VALUE ... as handed to train.py.
        model_dir: of a test, the folder of its training.

    Raises:
        ValueError: if its results are broken, made with other options, or older than the training.
    """
    path = folder / "results.json"
    if not path.is_file():
        return False
    try:
        results = read_results(path)
    except ValueError as error:
        raise ValueError(f"{error}; remove {folder} to run again") from None
    remedy = f"remove {folder} or set another OUTPUT"
    difference = first_difference(pairs(results.get("opts") or []), pairs(opts))
    if difference:
        raise ValueError(f"{folder} is finished with other options ({difference}); {remedy}")
    if model_dir and is_older(results, read_results(model_dir / "results.json")):
        raise ValueError(f"{folder} was tested before {model_dir} was trained; {remedy}")
    return True


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


def main() -> int:
    """Answer by exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trained", type=Path, help="of a test: the folder of its training")
    parser.add_argument("folder", type=Path)
    parser.add_argument("opts", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    try:
        return 0 if is_finished(args.folder, args.opts, args.trained) else TO_RUN
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
