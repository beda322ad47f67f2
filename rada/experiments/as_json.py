"""The table as nested JSON: everything that is known about it."""

from dataclasses import asdict

from rada.experiments.columns import Delta
from rada.experiments.published import Published
from rada.experiments.runs import Found
from rada.experiments.summary import Summary, summaries
from rada.experiments.table import Table


def to_json(tables: list[Table], found: Found, published: Published | None) -> dict:
    """Everything as nested dicts and lists, numbers in percent and full precision."""
    data = {
        "tables": [table_json(table) for table in tables],
        "unfinished": found.unfinished,
        "skipped": found.skipped,
    }
    if found.banner:
        data = {"rehearsal": found.banner} | data
    if summaries(tables):
        data["summary"] = [summary_json(summary) for summary in summaries(tables)]
    if published:
        data["quoted"] = quoted_json(published)
    return data


def quoted_json(published: Published) -> dict:
    """Published numbers: where they are from, averages and datasets by method."""

    def named(methods: dict[str, tuple[float, ...]]) -> dict[str, dict[str, float]]:
        return {m: dict(zip(published.fields, v, strict=False)) for m, v in methods.items()}

    return {
        "setting": published.setting,
        "remarks": list(published.remarks),
        published.over.replace("average", "averages").replace(" ", "_"): named(published.averages),
        "datasets": {name: named(methods) for name, methods in published.datasets.items()},
    }


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
    } | ({"sources": table.sources} if table.sources else {})


def summary_json(summary: Summary) -> dict:
    """A summary: its datasets, and for each number of shots the cells by column."""
    shots = {table.shots: cells(table, summary.datasets) for table in summary.tables}
    return {"label": summary.label, "datasets": summary.datasets, "shots": shots}


def cells(table: Table, datasets: list[str]) -> dict[str, dict]:
    """Base, New and HM of each column, or its accuracy on all classes."""
    names = ("all",) if "all" in table.classes else ("base", "new", "hm")
    found = {column.name: asdict(column.cell(datasets)) for column in table.columns}
    return {column: {name: cell[name] for name in names} for column, cell in found.items()}
