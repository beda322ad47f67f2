"""The table as data: CSV, one line per dataset and trainer, and complete nested JSON."""

import csv
import io
from dataclasses import asdict

from results.columns import Cell, Column, Delta
from results.published import AVERAGES, PER_DATASET, SETTING
from results.runs import Found
from results.table import Table, TrainerColumn

FIELDS = (
    *("shots", "dataset", "trainer", "config", "source"),
    *("base", "base_spread", "new", "new_spread", "hm", "base_seeds", "new_seeds"),
    *("learned_parameters", "train_seconds"),
)


def to_csv(tables: list[Table], published: bool) -> str:
    """CSV text; source is measured, average, delta, average delta or quoted. Full precision."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    for table in tables:
        places = [("", name, [name]) for name in table.datasets]
        places += [("average", row.label, row.datasets) for row in table.averages()]
        for kind, label, datasets in places:
            for column in table.columns:
                source = f"{kind} delta".strip() if isinstance(column, Delta) else kind
                row = {"shots": table.shots, "dataset": label, "source": source or "measured"}
                writer.writerow(row | csv_cell(column, datasets))
    if published:
        writer.writerows(quoted_rows(tables))
    return text.getvalue()


def csv_cell(column: Column, datasets: list[str]) -> dict:
    """The fields of one cell that are known."""
    cell = column.cell(datasets)
    row = {"trainer": column.name, "hm": cell.hm}
    for half in ("base", "new"):
        stat = getattr(cell, half)
        if stat:
            seeds = " ".join(map(str, stat.seeds))
            row |= {half: stat.mean, f"{half}_spread": stat.spread, f"{half}_seeds": seeds}
    if isinstance(column, TrainerColumn):
        runs = [run for run in column.runs if run.dataset in datasets]
        row["trainer"] = column.trainer
        row["config"] = " ".join(sorted({run.config for run in runs}))
        counts = {run.parameters for run in runs if run.parameters is not None}
        seconds = [run.seconds for run in runs if run.half == "base" and run.seconds is not None]
        row["learned_parameters"] = counts.pop() if len(counts) == 1 else None
        row["train_seconds"] = sum(seconds) / len(seconds) if seconds else None
    return row


def quoted_rows(tables: list[Table]) -> list[dict]:
    """Published numbers: the averages, and those of the datasets in the tables."""
    present = {dataset for table in tables for dataset in table.datasets}
    rows = [
        {"dataset": "average of 11", "trainer": method, "base": base, "new": new, "hm": hm}
        for method, (base, new, hm) in AVERAGES.items()
    ]
    rows += [
        {"dataset": dataset, "trainer": method, "base": base, "new": new}
        for dataset, methods in PER_DATASET.items()
        if dataset in present
        for method, (base, new) in methods.items()
    ]
    return [{"shots": 16, "source": "quoted"} | row for row in rows]


def to_json(tables: list[Table], found: Found, published: bool) -> dict:
    """Everything as nested dicts and lists, numbers in percent and full precision."""
    data = {
        "tables": [table_json(table) for table in tables],
        "unfinished": found.unfinished,
        "rehearsals": found.rehearsals,
        "skipped": found.skipped,
    }
    if published:
        averages = {
            m: dict(zip(("base", "new", "hm"), v, strict=True)) for m, v in AVERAGES.items()
        }
        sets = {
            dataset: {m: {"base": v[0], "new": v[1]} for m, v in methods.items()}
            for dataset, methods in PER_DATASET.items()
        }
        data["quoted"] = {"setting": SETTING, "averages_of_11": averages, "datasets": sets}
    return data


def table_json(table: Table) -> dict:
    """One table: its datasets and averages by column, its runs, what is missing."""
    return {
        "shots": table.shots,
        "metric": table.keyword,
        "spread": "ci95" if table.ci95 else "std",
        "columns": [
            {"name": c.name, "kind": "delta" if isinstance(c, Delta) else "trainer"}
            | {"configs": getattr(c, "configs", None)}
            for c in table.columns
        ],
        "datasets": {name: cells(table, [name]) for name in table.datasets},
        "averages": [
            {"label": row.label, "datasets": row.datasets, "out_of": row.out_of}
            | {"cells": cells(table, row.datasets)}
            for row in table.averages()
        ],
        "runs": [asdict(run) for run in table.runs],
        "missing": table.missing(),
    }


def cells(table: Table, datasets: list[str]) -> dict[str, dict]:
    """Base, New and HM of each column."""
    found: dict[str, Cell] = {column.name: column.cell(datasets) for column in table.columns}
    return {name: asdict(cell) for name, cell in found.items()}
