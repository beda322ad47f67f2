"""A table with a row for each trainer and a column for each dataset, as papers print robustness."""

from rada.data.families import shifts_of, source_of
from rada.experiments.layout import Grid, texts
from rada.experiments.table import Row, Table


def transposed(table: Table) -> Grid:
    """The measured table: the source, its shifts in the papers' order, their average."""
    rows = sorted(table.rows(), key=as_printed)
    cells = [
        [column.name, *(text for row in rows for text in texts(table, column, row))]
        for column in table.columns
    ]
    return Grid([("", [row.label for row in rows])], cells)


def as_printed(row: Row) -> tuple[int, int]:
    """Sort key of a row that becomes a column: the source, its shifts, their average."""
    (name, *_) = row.datasets or [""]
    order = ("source", "dataset", "average").index(row.kind)
    shifts = shifts_of(source_of(name))
    return order, shifts.index(name) if name in shifts else 0
