"""A table as text: groups of columns, rows of cells, and the text formats."""

from dataclasses import dataclass, field

from tabulate import tabulate

from rada.experiments.columns import Column, Delta, Stat
from rada.experiments.protocols import ALL_SHOTS
from rada.experiments.published import Published
from rada.experiments.table import Row, Table

HEADS = {"base": "Base", "new": "New", "hm": "HM"}
LOG_MARK = "*"


@dataclass
class Grid:
    """Cells of text: groups of (name, heads of its columns), rows starting with their label."""

    groups: list[tuple[str, list[str]]]
    rows: list[list[str]]
    rules: list[int] = field(default_factory=list)  # rows with a line above them


def measured(table: Table) -> Grid:
    """The measured table: datasets, their averages, and the source if there is one."""
    rows = table.rows()
    cells = [
        [row.label, *(text for column in table.columns for text in texts(table, column, row))]
        for row in rows
    ]
    rules = [i for i in range(1, len(rows)) if rows[i].kind != rows[i - 1].kind]
    names = [column.name for column in table.columns]
    if table.classes == ["all"]:
        return Grid([("", names)], cells, rules)
    heads = [HEADS[classes] for classes in table.classes]
    heads += ["HM"] if len(heads) == 2 else []
    return Grid([(name, heads) for name in names], cells, rules)


def texts(table: Table, column: Column, row: Row) -> list[str]:
    """The cells of one column: one accuracy, or Base, New and HM as far as the table has them."""
    cell = column.cell(row.datasets)
    sign = "+" if isinstance(column, Delta) else ""
    parts = []
    for classes in table.classes:
        logs = getattr(column, "from_log", ())
        mark = LOG_MARK if any((classes, dataset) in logs for dataset in row.datasets) else ""
        parts.append(stat_text(getattr(cell, classes), sign, mark))
    if len(table.classes) == 2:
        parts.append("-" if cell.hm is None else f"{cell.hm:{sign}.1f}")
    return parts


def stat_text(stat: Stat | None, sign: str, mark: str) -> str:
    """`76.3 ±0.8`; without spread for one seed, `-` without a value."""
    if stat is None:
        return "-"
    spread = "" if stat.spread is None else f" ±{stat.spread:.1f}"
    return f"{stat.mean:{sign}.1f}{spread}{mark}"


def shots_text(shots: int) -> str:
    """`1 shot`, `4 shots`, `all training pictures`."""
    if shots == ALL_SHOTS:
        return "all training pictures"
    return "1 shot" if shots == 1 else f"{shots} shots"


def costs(table: Table) -> Grid:
    """Learned parameters and mean seconds of training or testing, one row per trainer."""
    rows = []
    for column in table.trainers:
        counts = sorted({run.parameters for run in column.runs if run.parameters is not None})
        seconds = [run.seconds for run in column.runs if run.seconds]
        rows.append(
            [
                column.name,
                " to ".join(f"{count:,}" for count in sorted({*counts[:1], *counts[-1:]})) or "-",
                f"{sum(seconds) / len(seconds):.1f}" if seconds else "-",
            ]
        )
    return Grid([("", ["learned parameters", f"seconds of {table.timed}ing"])], rows)


def quoted(published: Published, datasets: list[str]) -> Grid:
    """Published averages, and published numbers of those of the given datasets that have any."""
    shown = [dataset for dataset in datasets if dataset in published.datasets]
    nothing = (None,) * len(published.classes)
    rows = []
    for method, average in published.averages.items():
        numbers = [*average]
        for dataset in shown:
            numbers += published.datasets[dataset].get(method, nothing)
        rows.append([f"{method} (quoted)"] + ["-" if n is None else f"{n:.2f}" for n in numbers])
    if published.classes == ("all",):
        return Grid([("", [published.over, *shown])], rows)
    heads = [HEADS[name] for name in published.fields]
    groups = [(dataset, heads[: len(published.classes)]) for dataset in shown]
    return Grid([(published.over, heads), *groups], rows)


def draw(grid: Grid, style: str, corner: str = "") -> str:
    """A grid in one of the styles simple, github and latex, with a text in its corner."""
    if style == "simple":
        return simple(grid, corner)
    heads = [f"{name} {head}".strip() for name, heads in grid.groups for head in heads]
    align = ["left"] + ["right"] * len(heads)
    return tabulate(grid.rows, [corner, *heads], style, disable_numparse=True, colalign=align)


def simple(grid: Grid, corner: str) -> str:
    """Aligned text with the groups' names above their columns."""
    heads = [corner, *(head for _, heads in grid.groups for head in heads)]
    widths = [max(map(len, column)) for column in zip(heads, *grid.rows, strict=True)]
    names, start = [" " * widths[0]], 1
    for name, group in grid.groups:
        span = sum(widths[start : start + len(group)]) + 2 * (len(group) - 1)
        widths[start] += max(0, len(name) - span)
        names.append(name.center(max(span, len(name))))
        start += len(group)
    rule = "  ".join("-" * width for width in widths)
    lines = [aligned(row, widths) for row in [heads, *grid.rows]]
    for row in [*reversed(grid.rules), 0]:
        lines.insert(1 + row, rule)
    title = "  ".join(names).rstrip()
    return "\n".join([title, *lines] if title else lines)


def aligned(cells: list[str], widths: list[int]) -> str:
    """One line: the label to the left, numbers to the right."""
    pairs = zip(cells[1:], widths[1:], strict=True)
    return "  ".join([cells[0].ljust(widths[0]), *(c.rjust(w) for c, w in pairs)]).rstrip()
