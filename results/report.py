"""From a folder of runs to what is printed: tables, costs, notes."""

import json
from collections.abc import Callable
from pathlib import Path

from results.as_csv import to_csv
from results.as_json import to_json
from results.layout import costs, draw, measured, quoted, shots_text
from results.logs import NAMES_IN_LOG
from results.names import REHEARSAL, suggest
from results.notes import fates, notes
from results.overview import overview
from results.published import SETTING
from results.runs import Found, Run, scan
from results.summary import summaries, summary_grid, summary_notes
from results.table import Table, build_tables

FORMATS = ("simple", "github", "latex", "csv", "json")


def report(
    directory: str | Path,
    style: str = "simple",
    keyword: str = "accuracy",
    ci95: bool = False,
    published: bool = False,
    by_trainer: bool = False,
    keep: Callable[[Run], bool] = lambda run: True,
) -> tuple[str, str]:
    """All runs below the folder of a protocol, side by side.

    Args:
        directory: such as output/base2new.
        style: one of FORMATS.
        keyword: a metric of results.json ("error" as in CoOp's logs is understood).
        ci95: spread is half the 95% confidence interval instead of the standard deviation.
        published: add the numbers quoted from the papers.
        by_trainer: in text, one line per trainer with the averages only.
        keep: which runs to consider, judged by the names in their path alone.

    Returns:
        The text for stdout and the notes for stderr (empty unless the format has no room).

    Raises:
        FileNotFoundError: if there is no finished run.
        ValueError: if no run has this metric.
    """
    found = scan(Path(directory), keep)
    keyword = NAMES_IN_LOG.get(keyword, keyword)
    select(found, directory, keyword)
    if published:
        require_comparable(found, keyword)
    tables = build_tables(found.runs, keyword, ci95)
    if style == "json":
        return json.dumps(to_json(tables, found, published), indent=2), ""
    lines = [note for table in tables for note in notes(table)] + fates(found)
    if style == "csv":
        lines = [REHEARSAL] * found.rehearsal + lines
        return to_csv(tables, found, published).rstrip("\n"), "\n".join(lines)
    return as_text(tables, found, style, published, by_trainer), ""


def select(found: Found, directory: str | Path, keyword: str) -> None:
    """Keep the runs that have the metric; complain if none is left."""
    if not found.runs:
        raise FileNotFoundError("; ".join([f"no finished run in {directory}", *fates(found)]))
    known = {name for run in found.runs for name in run.metrics}
    if keyword not in known:
        raise ValueError(f'no metric "{keyword}" in {directory}{suggest(keyword, known)}')
    lacking = [run for run in found.runs if keyword not in run.metrics]
    found.skipped += [f"{run.folder}: no {keyword} in it" for run in lacking]
    found.runs = [run for run in found.runs if keyword in run.metrics]


def require_comparable(found: Found, keyword: str) -> None:
    """Complain unless the runs are base-to-new accuracies, as those of the papers are."""
    if keyword != "accuracy":
        raise ValueError(f"--published quotes accuracies, not {keyword}; leave out one of the two")
    if found.rehearsal:
        raise ValueError("--published: a rehearsal compares with nothing; leave it out")
    if any(run.classes == "all" for run in found.runs):
        raise ValueError("--published quotes base-to-new accuracies, not these; leave it out")


def as_text(
    tables: list[Table], found: Found, style: str, published: bool, by_trainer: bool
) -> str:
    """Tables with their notes; in LaTeX the notes are comments."""
    mark = {"latex": "% ", "github": "- "}.get(style, "")
    title = "% " if style == "latex" else ""
    corner = REHEARSAL.split(":")[0] if found.rehearsal else ""
    parts = [title + REHEARSAL] * found.rehearsal
    for table in tables:
        grids = [overview(table)] if by_trainer else [measured(table), costs(table)]
        first, *more = (draw(grid, style, corner) for grid in grids)
        remarks = "\n".join(mark + note for note in notes(table))
        parts += [title + heading(table), first, remarks, *more]
    for summary in summaries(tables):
        parts += [title + summary_notes(summary), draw(summary_grid(summary), style, corner)]
    if fates(found):
        parts.append("\n".join(mark + line for line in fates(found)))
    if published:
        present = [dataset for table in tables for dataset in table.datasets]
        grid = quoted(list(dict.fromkeys(present)))
        parts += [f"{title}Quoted from the papers, not measured here: {SETTING}"]
        parts += [draw(grid, style)]
    return "\n\n".join(parts)


def heading(table: Table) -> str:
    """The number of shots, and what a transfer was trained on."""
    source = f", trained on {', '.join(table.sources)}" if table.sources else ""
    return shots_text(table.shots) + source
