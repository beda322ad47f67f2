"""A run of a sweep in words: what it is, what came of it, why it has failed."""

from pathlib import Path

from rada.data.families import source_of
from rada.experiments.layout import shots_text
from rada.experiments.logs import read_lines
from rada.experiments.protocols import ADAPTED, MIXED, SHIFTED, SOURCE, TARGET, TUNED
from rada.experiments.tasks import Task, source
from rada.results_json import read_results
from rada.workers.making import BUSY, CONSOLE, Outcome


def failure(task: Task, outcome: Outcome, apart: bool) -> str:
    """Why a run has failed, in a line; `apart` says that it printed into its own file."""
    name = describe(task)
    if outcome.code == BUSY:
        return f"{name}: {outcome.line}"
    log = task.folder / (CONSOLE if apart else "log.txt")
    seen = last_line(log) if apart else "its error is printed above"
    return f"{name} (exit code {outcome.code}): {outcome.line or seen} ({log})"


def describe(task: Task) -> str:
    """A run in words."""
    special = {"all": shots_text(task.shots), SOURCE: "training", TARGET: f"from {source()}"}
    special[ADAPTED], special[TUNED] = "at test time", f"fine-tuning, {shots_text(task.shots)}"
    special[SHIFTED], special[MIXED] = f"from {source_of(task.dataset)}", "WiSE-FT"
    what = special.get(task.part, f"{task.part} classes")
    return f"{task.trainer} on {task.dataset}, seed {task.seed}, {what}"


def accuracy(folder: Path) -> str:
    """The accuracy in a folder's results.json, in words."""
    try:
        return f"{read_results(folder / 'results.json')['metrics']['accuracy']:.1f}%"
    except (OSError, ValueError, KeyError):
        return "no accuracy"


def last_line(log: Path) -> str:
    """The last line of a console that says something."""
    lines = read_lines(log) if log.is_file() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
