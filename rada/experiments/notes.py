"""What a reader of a table has to know: spreads, options, what is missing or left out."""

from collections import defaultdict

from rada.experiments.columns import TrainerColumn
from rada.experiments.layout import LOG_MARK
from rada.experiments.protocols import SET_BY_SCRIPTS, TRAINED_NAMES
from rada.experiments.runs import Found, Run
from rada.experiments.table import Table


def notes(table: Table) -> list[str]:
    """What a reader of one table has to know."""
    seeds = ", ".join(map(str, table.seeds))
    spread = "95% confidence interval" if table.ci95 else "standard deviation"
    over = f"mean ±{spread} over seeds {seeds}" if len(table.seeds) > 1 else f"seed {seeds}"
    lines = [f"{table.keyword} in %, {over}"]
    if "all" not in table.classes:
        lines[0] += "; HM = harmonic mean of Base and New"
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


def column_notes(column: TrainerColumn) -> list[str]:
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
    given = {*SET_BY_SCRIPTS, TRAINED_NAMES[0]}
    return " ".join(f"{key} {value}" for key, value in pairs if key not in given)


def missing_notes(table: Table) -> list[str]:
    """Missing runs, one line for all datasets that lack the same ones."""
    seeds = defaultdict(lambda: defaultdict(list))
    for run in table.missing():
        seeds[run["trainer"], run["dataset"]][run["part"]].append(str(run["seed"]))
    datasets = defaultdict(list)
    for (trainer, dataset), parts in seeds.items():
        lacking = "; ".join(f"{part} seed {', '.join(numbers)}" for part, numbers in parts.items())
        datasets[trainer, lacking].append(dataset)
    return [
        f"missing: {trainer} on {', '.join(names)}: {lacking}"
        for (trainer, lacking), names in datasets.items()
    ]


def fates(found: Found) -> list[str]:
    """Why folders were left out."""
    lines = [f"unfinished (no results.json): {folder}" for folder in found.unfinished]
    return lines + [f"skipped: {reason}" for reason in found.skipped]
