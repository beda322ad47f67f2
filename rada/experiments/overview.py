"""A table with one line per trainer: averages, what the mask adds, and costs."""

from rada.experiments.columns import Column, Delta
from rada.experiments.layout import HEADS, Grid, costs, texts
from rada.experiments.table import Table


def overview(table: Table) -> Grid:
    """Trainers as rows: each average, RAdaX - X on it, learned parameters, seconds of training."""
    deltas = {column.of: column for column in table.columns if isinstance(column, Delta)}
    averages = table.averages()
    heads = [HEADS.get(classes, "") for classes in table.classes]
    heads += ["HM"] if len(heads) == 2 else []
    groups = []
    for average in averages:
        groups += [(average.label, heads)] + ([("RAdaX - X", heads)] if deltas else [])
    price = costs(table)
    rows = []
    for column, (name, *paid) in zip(table.trainers, price.rows, strict=True):
        cells = [name]
        for average in averages:
            cells += texts(table, column, average)
            if deltas:
                cells += _difference(table, deltas.get(column.name), average, len(heads))
        rows.append(cells + paid)
    return Grid(groups + price.groups, rows)


def _difference(table: Table, delta: Column | None, average, width: int) -> list[str]:
    return texts(table, delta, average) if delta else [""] * width
