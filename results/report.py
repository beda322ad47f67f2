"""From a folder of runs to what is printed: tables, costs, notes."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from results.export import to_csv, to_json
from results.layout import LOG_MARK, costs, draw, measured, quoted
from results.logs import NAMES_IN_LOG
from results.names import suggest
from results.published import SETTING
from results.runs import Found, Run, scan
from results.table import Table, build_tables

FORMATS = ("simple", "github", "latex", "csv", "json")
SET_BY_SCRIPTS = ("DATASET.NUM_SHOTS", "DATASET.SUBSAMPLE_CLASSES")


def report(
    directory: str | Path,
    style: str = "simple",
    keyword: str = "accuracy",
    ci95: bool = False,
    published: bool = False,
    keep: Callable[[Run], bool] = lambda run: True,
) -> tuple[str, str]:
    """All runs below a folder that holds train_base and/or test_new, side by side.

    Args:
        directory: such as output/base2new.
        style: one of FORMATS.
        keyword: a metric of results.json ("error" as in CoOp's logs is understood).
        ci95: spread is half the 95% confidence interval instead of the standard deviation.
        published: add the numbers quoted from the papers.
        keep: which runs to consider, judged by the names in their path alone.

    Returns:
        The text for stdout and the notes for stderr (empty unless the format has no room).

    Raises:
        FileNotFoundError: if there is no finished run.
        ValueError: if no run has this metric.
    """
    found = scan(Path(directory), keep)
    keyword = NAMES_IN_LOG.get(keyword, keyword)
    if published and keyword != "accuracy":
        raise ValueError(f"--published quotes accuracies, not {keyword}; leave out one of the two")
    select(found, directory, keyword)
    tables = build_tables(found.runs, keyword, ci95)
    if style == "json":
        return json.dumps(to_json(tables, found, published), indent=2), ""
    lines = [note for table in tables for note in notes(table)] + fates(found)
    if style == "csv":
        return to_csv(tables, published).rstrip("\n"), "\n".join(lines)
    return as_text(tables, found, style, published), ""


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


def as_text(tables: list[Table], found: Found, style: str, published: bool) -> str:
    """Tables with their notes; in LaTeX the notes are comments."""
    mark = {"latex": "% ", "github": "- "}.get(style, "")
    title = "% " if style == "latex" else ""
    parts = []
    for table in tables:
        parts += [f"{title}{table.shots} shots", draw(measured(table), style)]
        parts += ["\n".join(mark + note for note in notes(table)), draw(costs(table), style)]
    if fates(found):
        parts.append("\n".join(mark + line for line in fates(found)))
    if published:
        present = [dataset for table in tables for dataset in table.datasets]
        grid = quoted(list(dict.fromkeys(present)))
        parts += [f"{title}Quoted from the papers, not measured here: {SETTING}"]
        parts += [draw(grid, style)]
    return "\n\n".join(parts)


def notes(table: Table) -> list[str]:
    """What a reader of one table has to know."""
    seeds = ", ".join(map(str, table.seeds))
    spread = "95% confidence interval" if table.ci95 else "standard deviation"
    over = f"mean ±{spread} over seeds {seeds}" if len(table.seeds) > 1 else f"seed {seeds}"
    lines = [f"{table.keyword} in %, {over}; HM = harmonic mean of Base and New"]
    if len(table.columns) > len(table.trainers):
        lines[0] += '; "RAdaX - X" = difference in points over the seeds both have'
    for row in table.averages():
        if len(row.datasets) < len(row.out_of):
            left = ", ".join(name for name in row.out_of if name not in row.datasets)
            lines.append(f"{row.label}: the sets all columns have; left out: {left}")
    for column in table.trainers:
        lines += column_notes(column)
    configs = {config for column in table.trainers for config in column.configs}
    if len(configs) > 1:
        listed = (f"{column.name}: {', '.join(column.configs)}" for column in table.trainers)
        lines.append(f"configs: {'; '.join(listed)}")
    return lines + missing_notes(table)


def column_notes(column) -> list[str]:
    """Runs read from a log, and runs made with different options."""
    lines = []
    if column.from_log:
        logs = [run.folder for run in column.runs if run.from_log]
        lines.append(f"{LOG_MARK} {column.name}: {len(logs)} runs read from log.txt: {logs[0]} ...")
    made = {own_options(run) for run in column.runs if not run.from_log}
    if len(made) > 1:
        listed = " | ".join(sorted(options or "none" for options in made))
        lines.append(f"{column.name}: its runs were made with different options: {listed}")
    return lines


def own_options(run: Run) -> str:
    """KEY VALUE ... of a run without what the scripts set."""
    pairs = zip(run.options[::2], run.options[1::2], strict=False)
    return " ".join(f"{key} {value}" for key, value in pairs if key not in SET_BY_SCRIPTS)


def missing_notes(table: Table) -> list[str]:
    """Missing runs, one line for all datasets that lack the same ones."""
    seeds = defaultdict(lambda: defaultdict(list))
    for run in table.missing():
        seeds[run["trainer"], run["dataset"]][run["half"]].append(str(run["seed"]))
    datasets = defaultdict(list)
    for (trainer, dataset), halves in seeds.items():
        lacking = "; ".join(f"{half} seed {', '.join(numbers)}" for half, numbers in halves.items())
        datasets[trainer, lacking].append(dataset)
    return [
        f"missing: {trainer} on {', '.join(names)}: {lacking}"
        for (trainer, lacking), names in datasets.items()
    ]


def fates(found: Found) -> list[str]:
    """Why folders were left out."""
    lines = [f"unfinished (no results.json): {folder}" for folder in found.unfinished]
    lines += [f"left out, a rehearsal: {folder}" for folder in found.rehearsals]
    return lines + [f"skipped: {reason}" for reason in found.skipped]
