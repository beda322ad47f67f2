"""From a folder of runs to what is printed: tables, costs, notes."""

import json
from collections.abc import Callable
from pathlib import Path

from rada.data.families import family, source_of
from rada.experiments.as_csv import to_csv
from rada.experiments.as_json import to_json
from rada.experiments.layout import costs, draw, measured, quoted, shots_text
from rada.experiments.logs import NAMES_IN_LOG
from rada.experiments.notes import fates, notes
from rada.experiments.overview import overview
from rada.experiments.protocols import ADAPTED, MIXED, SHIFTED, TUNED
from rada.experiments.published import BASE2NEW, FULL_FINE_TUNING, TEST_TIME, Published
from rada.experiments.runs import Found, Run, scan
from rada.experiments.summary import summaries, summary_grid, summary_notes
from rada.experiments.table import Table, build_tables
from rada.experiments.transposed import transposed
from rada.files import suggestion

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
    found.runs = [run for run in found.runs if run.part != MIXED]  # wise_ft.py has these
    keyword = NAMES_IN_LOG.get(keyword, keyword)
    select(found, directory, keyword)
    quotes = comparable(found, keyword) if published else None
    tables = build_tables(found.runs, keyword, ci95)
    if style == "json":
        return json.dumps(to_json(tables, found, quotes), indent=2), ""
    if style == "csv":
        lines = [found.banner] if found.banner else []
        lines += [note for table in tables for note in notes(table)] + fates(found)
        lines += quotes.remarks if quotes else ()
        return to_csv(tables, found, quotes).rstrip("\n"), "\n".join(lines)
    return as_text(tables, found, style, quotes, by_trainer), ""


def select(found: Found, directory: str | Path, keyword: str) -> None:
    """Keep the runs that have the metric; complain if none is left."""
    if not found.runs:
        raise FileNotFoundError("; ".join([f"no finished run in {directory}", *fates(found)]))
    known = {name for run in found.runs for name in run.metrics}
    if keyword not in known:
        raise ValueError(f'no metric "{keyword}" in {directory}{suggestion(keyword, known)}')
    lacking = [run for run in found.runs if keyword not in run.metrics]
    found.skipped += [f"{run.folder}: no {keyword} in it" for run in lacking]
    found.runs = [run for run in found.runs if keyword in run.metrics]


def comparable(found: Found, keyword: str) -> Published:
    """The papers' numbers that belong beside these.

    Raises:
        ValueError: unless the runs are accuracies, of base-to-new or of test time, and some of them
            on real sets.
    """
    if keyword != "accuracy":
        raise ValueError(f"--published quotes accuracies, not {keyword}; leave out one of the two")
    if found.banner:
        raise ValueError("--published: a rehearsal compares with nothing; leave it out")
    if not {family(run.dataset) for run in found.runs} & {"real sets", "shifts"}:
        raise ValueError("--published: the papers have none of these datasets; leave it out")
    if all(run.part == ADAPTED for run in found.runs):
        return TEST_TIME
    if all(run.part in (TUNED, SHIFTED) for run in found.runs):
        return FULL_FINE_TUNING
    if any(run.classes == "all" for run in found.runs):
        raise ValueError(
            "--published quotes base-to-new, test time and fine-tuning, not these; leave it out"
        )
    return BASE2NEW


def as_text(
    tables: list[Table], found: Found, style: str, published: Published | None, by_trainer: bool
) -> str:
    """Tables with their notes; in LaTeX the notes are comments."""
    mark = {"latex": "% ", "github": "- "}.get(style, "")
    title = "% " if style == "latex" else ""
    corner = found.banner.split(":")[0]
    parts = [title + found.banner] if found.banner else []
    for table in tables:
        whole = transposed if TUNED in table.parts or SHIFTED in table.parts else measured
        grids = [overview(table)] if by_trainer else [whole(table), costs(table)]
        first, *more = (draw(grid, style, corner) for grid in grids)
        remarks = "\n".join(mark + note for note in notes(table))
        parts += [title + heading(table), first, remarks, *more]
    for summary in summaries(tables):
        parts += [title + summary_notes(summary), draw(summary_grid(summary), style, corner)]
    if fates(found):
        parts.append("\n".join(mark + line for line in fates(found)))
    if published:
        present = [dataset for table in tables for dataset in table.datasets]
        grid = quoted(published, list(dict.fromkeys(present)))
        parts += [f"{title}Quoted from the papers, not measured here: {published.setting}"]
        parts += [draw(grid, style), "\n".join(mark + line for line in published.remarks)]
    return "\n\n".join(filter(None, parts))


def heading(table: Table) -> str:
    """The number of shots, and what a transfer was trained on."""
    if {TUNED, SHIFTED} & set(table.parts):
        tuned_on = ", ".join({source_of(dataset) for dataset in table.datasets})
        return f"fine-tuned on {tuned_on}, {shots_text(table.shots)}"
    if ADAPTED in table.parts:
        return f"test time; trainings before it, if any, with {shots_text(table.shots)}"
    source = f", trained on {', '.join(table.sources)}" if table.sources else ""
    return shots_text(table.shots) + source
