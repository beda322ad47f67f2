"""Rows as tables, printed and on a page."""

from tabulate import tabulate

FIGURES = 4  # shown of a number, more only before the point


def one_table(rows: list[dict]) -> dict[str, list[dict]]:
    """All rows as a table without a title."""
    return {"": rows}


def table(rows: list[dict], digits: int, form: str = "simple") -> str:
    """Rows as tabulate sets them, right-aligned.

    Args:
        rows: with the columns of the first one.
        digits: as for `shown`.
        form: tabulate's name of it.
    """
    headers = list(rows[0])
    cells = [[shown(row[name], digits) for name in headers] for row in rows]
    return tabulate(cells, headers, form, disable_numparse=True, stralign="right")


def shown(value: str | int | float | None, digits: int) -> str:
    """A value as tables show it: 1,234 for 1234.5, 12.35 for 12.345 with 2 digits."""
    if value is None:
        return "-"
    if isinstance(value, float):
        before = len(str(int(abs(value))))
        return format(value, f",.{max(0, min(digits, FIGURES - before))}f")
    return format(value, "," if isinstance(value, int) else "")
