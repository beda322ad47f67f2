"""CoOp's reading of log.txt: what `parse_test_res.py` prints for a folder of seeds.

Same options, same lines. Where CoOp stops at a missing or unfinished file, that file is named on
stderr and the others are read.
"""

import os.path
import re
import sys
from pathlib import Path

import numpy as np

SHOWN = 5  # of the files that lack something, where nothing is found
FINISHED = "Finish training"
RESULT = "=> result"
NAMES_IN_LOG = {"error": "error_rate"}  # what the log and results.json call differently


def spread_of(values: list[float], ci95: bool) -> float:
    """Standard deviation (ddof 0), or half the 95% confidence interval, as in CoOp."""
    deviation = float(np.std(values))
    return 1.96 * deviation / len(values) ** 0.5 if ci95 else deviation


def metric_pattern(keyword: str) -> re.Pattern:
    """The line `* keyword: 76.3%` of Dassl's evaluator.

    Raises:
        ValueError: if the keyword cannot be part of a regular expression.
    """
    try:
        return re.compile(rf"\* {keyword}: ([\.\deE+-]+)%")
    except re.error as error:
        raise ValueError(f'--keyword "{keyword}" cannot be searched for: {error}') from None


def last_value(lines: list[str], pattern: re.Pattern, end_signal: str) -> float | None:
    """The last number after the line `end_signal`, None if either is absent."""
    value, ended = None, False
    for line in map(str.strip, lines):
        ended = ended or line == end_signal
        match = pattern.search(line)
        if ended and match:
            value = float(match.group(1))
    return value


def listed(lacking: list[str]) -> str:
    """What is lacking, the first few in full."""
    more = f"; and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    return ("; ".join(lacking[:SHOWN]) or "empty") + more


def read_lines(path: Path) -> list[str]:
    """All lines of a log, whatever bytes progress bars have left in it."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def read_metrics(folder: Path, train: bool) -> dict[str, float] | None:
    """The last result in a folder's logs (log.txt, then log.txt-<date> of later starts).

    Args:
        folder: of one run.
        train: whether it should have trained; then only a result after "Finish training" counts,
            unless the log itself says that the run only tested.

    Returns:
        Metrics in percent by the names of results.json; None if the run has not finished.
    """
    found = None
    for path in sorted(folder.glob("log.txt*")):
        lines = read_lines(path)
        tested_only = not train or "eval_only: True" in map(str.strip, lines)
        end = RESULT if tested_only else FINISHED
        names = ("accuracy", "error", "macro_f1")
        values = {name: last_value(lines, metric_pattern(name), end) for name in names}
        if values["accuracy"] is not None:
            found = {NAMES_IN_LOG.get(k, k): v for k, v in values.items() if v is not None}
    return found


def visible(folder: str) -> list[str]:
    """Names in a folder, sorted, hidden ones left out."""
    return sorted(path.name for path in Path(folder).iterdir() if not path.name.startswith("."))


def parse_seeds(directory: str, keyword: str, end_signal: str, ci95: bool) -> float:
    """Print one folder of seeds as CoOp does.

    Returns:
        The mean in percent.

    Raises:
        FileNotFoundError: if no seed has the metric.
    """
    if os.path.isfile(os.path.join(directory, "log.txt")):
        above = os.path.dirname(os.path.abspath(directory))
        raise FileNotFoundError(
            f"{directory} is the folder of one run; give the folder of seeds: {above}"
        )
    print(f"Parsing files in {directory}")
    pattern = metric_pattern(keyword)
    found, lacking = {}, []
    for name in visible(directory):
        path = os.path.join(directory, name, "log.txt")
        if not os.path.isfile(path):
            lacking.append(f"no file {path}")
            continue
        value = last_value(read_lines(Path(path)), pattern, end_signal)
        if value is None:
            lacking.append(f'no "{keyword}" after "{end_signal}" in {path}')
        else:
            found[path] = value
    if not found:
        raise FileNotFoundError(f"nothing found in {directory}: {listed(lacking)}")
    print_skipped(lacking)
    for file, value in found.items():
        print(f"file: {file}. {keyword}: {value:.2f}%. ")
    return print_summary(directory, keyword, list(found.values()), ci95)


def print_summary(directory: str, keyword: str, values: list[float], ci95: bool) -> float:
    """Print CoOp's summary of a folder; the mean in percent."""
    mean = float(np.mean(values))
    print(f"===\nSummary of directory: {directory}")
    print(f"* {keyword}: {mean:.2f}% +- {spread_of(values, ci95):.2f}%\n===")
    return mean


def print_skipped(reasons: list[str]) -> None:
    """Say on stderr what was left out."""
    for reason in reasons:
        print(f"skipped: {reason}", file=sys.stderr)


def parse_experiments(directory: str, keyword: str, end_signal: str, ci95: bool) -> float:
    """Print every folder of seeds in a folder, then the average of their means.

    Returns:
        The average in percent.

    Raises:
        FileNotFoundError: if no experiment has the metric.
    """
    means, lacking = [], []
    for name in visible(directory):
        folder = os.path.join(directory, name)
        try:
            means.append(parse_seeds(folder, keyword, end_signal, ci95))
        except OSError as error:  # a plain file, or nothing in it
            lacking.append(str(error))
    if not means:
        raise FileNotFoundError(f"nothing found in {directory}: {listed(lacking)}")
    print_skipped(lacking)
    print(f"Average performance\n* {keyword}: {np.mean(means):.2f}%")
    return float(np.mean(means))
