"""The table as CSV: one line per dataset and trainer."""

import csv
import io
from collections.abc import Iterator

from rada.experiments.columns import Column, Delta, TrainerColumn
from rada.experiments.published import Published
from rada.experiments.runs import Found
from rada.experiments.summary import summaries
from rada.experiments.table import Table

BEFORE = ("shots", "dataset", "trainer", "config", "source")
AFTER = ("learned_parameters",)
KINDS = {"dataset": "", "source": "training set", "average": "average"}


def to_csv(tables: list[Table], found: Found, published: Published | None) -> str:
    """CSV text at full precision.

    The field `source` says what a line is: measured, the training set of a transfer, an average, a
    summary over the shots, the delta of one of these, or quoted; before it stands "rehearsal" where
    the numbers are of one.
    """
    text = io.StringIO()
    names = ("base", "new") if "all" not in tables[0].classes else ("all",)
    stats = [field for name in names for field in (name, f"{name}_spread")]
    seeds = [f"{name}_seeds" for name in names]
    hm, timed = ["hm"] if len(names) == 2 else [], f"{tables[0].timed}_seconds"
    fields = (*BEFORE, *stats, *hm, *seeds, *AFTER, timed)
    writer = csv.DictWriter(text, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in measured_rows(tables):
        if found.banner:
            row["source"] = f"rehearsal {row['source']}"
        writer.writerow(row)
    if published:
        writer.writerows(quoted_rows(published, tables))
    return text.getvalue()


def measured_rows(tables: list[Table]) -> Iterator[dict]:
    """All lines but the quoted ones."""
    for table in tables:
        for row in table.rows():
            label = row.datasets[0] if row.kind == "source" else row.label
            for column in table.columns:
                yield csv_row(table, label, KINDS[row.kind], column, row.datasets)
    for summary in summaries(tables):
        for table in tables:
            for column in table.columns:
                yield csv_row(table, summary.label, "summary", column, summary.datasets)


def csv_row(table: Table, label: str, kind: str, column: Column, datasets: list[str]) -> dict:
    """One line: the fields that are known."""
    source = f"{kind} delta".strip() if isinstance(column, Delta) else kind
    row = {"shots": table.shots, "dataset": label, "source": source or "measured"}
    return row | csv_cell(table, column, datasets)


def csv_cell(table: Table, column: Column, datasets: list[str]) -> dict:
    """The fields of one cell that are known."""
    cell = column.cell(datasets)
    row = {"trainer": column.name, "hm": cell.hm}
    for name in ("base", "new", "all"):
        stat = getattr(cell, name)
        if stat:
            seeds = " ".join(map(str, stat.seeds))
            row |= {name: stat.mean, f"{name}_spread": stat.spread, f"{name}_seeds": seeds}
    if isinstance(column, TrainerColumn):
        runs = [run for run in column.runs if run.dataset in datasets]
        row["trainer"] = column.trainer
        row["config"] = " ".join(sorted({run.config for run in runs}))
        counts = {run.parameters for run in runs if run.parameters is not None}
        seconds = [run.seconds for run in runs if run.seconds is not None]
        row["learned_parameters"] = counts.pop() if len(counts) == 1 else None
        row[f"{table.timed}_seconds"] = sum(seconds) / len(seconds) if seconds else None
    return row


def quoted_rows(published: Published, tables: list[Table]) -> list[dict]:
    """Published numbers: the averages, and those of the datasets in the tables."""
    present = {dataset for table in tables for dataset in table.datasets}
    quotes = {published.over: published.averages}
    quotes |= {name: quote for name, quote in published.datasets.items() if name in present}
    return [
        {"shots": published.shots, "dataset": name, "trainer": method, "source": "quoted"}
        | dict(zip(published.fields, numbers, strict=False))
        for name, methods in quotes.items()
        for method, numbers in methods.items()
    ]
