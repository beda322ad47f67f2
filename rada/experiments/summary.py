"""Few-shot results over the number of shots: the mean over the datasets all columns have."""

from dataclasses import dataclass

from rada.data.families import dataset_order, families
from rada.experiments.columns import Cell, Column, Delta
from rada.experiments.layout import Grid, shots_text, stat_text
from rada.experiments.table import Table, common_to


@dataclass
class Summary:
    """Rows are the tables' numbers of shots; each row is over the same datasets.

    Attributes:
        label: "mean of 6 embedded sets"; the family is named if there are several.
        datasets: those that all columns have at all numbers of shots.
        out_of: those of the family that any table has.
        names: of the columns, in the order of the table that has most.
    """

    label: str
    datasets: list[str]
    out_of: list[str]
    names: list[str]
    tables: list[Table]

    def column(self, table: Table, name: str) -> Column | None:
        """The column of that name, if the table has it."""
        return next((column for column in table.columns if column.name == name), None)

    def cell(self, table: Table, name: str) -> Cell:
        """A column's mean at the table's number of shots."""
        column = self.column(table, name)
        return column.cell(self.datasets) if column and self.datasets else Cell()


def summaries(tables: list[Table]) -> list[Summary]:
    """One for each family of datasets; none unless there are several numbers of few shots."""
    if len(tables) < 2 or any(table.parts != ["all"] for table in tables):
        return []
    widest = sorted(tables, key=lambda table: -len(table.columns))
    names = list(dict.fromkeys(column.name for table in widest for column in table.columns))
    columns = [column for table in tables for column in table.columns]
    datasets = sorted({name for table in tables for name in table.datasets}, key=dataset_order)
    groups, found = families(datasets), []
    for family, group in groups.items():
        common = common_to(columns, ["all"], group)
        of_what = f" {family}" if len(groups) > 1 else ""
        found.append(Summary(f"mean of {len(common)}{of_what}", common, group, names, tables))
    return found


def summary_grid(summary: Summary) -> Grid:
    """The cells of a summary."""
    rows = []
    for table in summary.tables:
        cells = [shots_text(table.shots)]
        for name in summary.names:
            sign = "+" if isinstance(summary.column(table, name), Delta) else ""
            cells.append(stat_text(summary.cell(table, name).all, sign, ""))
        rows.append(cells)
    return Grid([("", summary.names)], rows)


def summary_notes(summary: Summary) -> str:
    """Which datasets a summary is over."""
    over = ", ".join(summary.datasets) or "no dataset that all columns have"
    left = [name for name in summary.out_of if name not in summary.datasets]
    return f"{summary.label}: {over}" + (f"; left out: {', '.join(left)}" if left else "")
