"""docs/benchmarks.md, made of stored results alone."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from benchmarks.declared import BENCHMARKS, Benchmark
from benchmarks.stored import Reports
from benchmarks.tables import shown, table

WIDTH = 100
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
TOP = """# Benchmarks

`python benchmarks/all.py` runs every benchmark with small sizes and writes this page; it is never
edited by hand. How each is measured and its options: [README](../benchmarks/README.md).

Both sides of a comparison take turns within one run, and the least time of each counts: other work
on a machine only ever adds to a time. No benchmark asserts a time. Memory is what steps add to the
peak. Longer runs are those of a benchmark's own command with
`--json benchmarks/measured/<name>.json`; then `python benchmarks/all.py --page`.
"""
# what a report says of itself, in this order, with the words around it
PLACE = {
    **{"device": "{}", "cores": "{} cores", "threads": "{} threads", "torch": "torch {}"},
    **{"python": "Python {}", "pillow": "Pillow {}", "clip": "{}", "OS": "{}"},
    "seconds": "took {} s",
}


def page(small: dict[str, Reports], longer: Reports) -> str:
    """The whole page.

    Args:
        small: small runs by machine, then by benchmark.
        longer: longer runs by the names of their files.
    """
    parts = [TOP, *overviews(small)]
    for benchmark in BENCHMARKS:
        parts += section(benchmark, small, longer)
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def overviews(small: dict[str, Reports]) -> Iterator[str]:
    """For each machine a table of what was run there and how long it took."""
    for reports in small.values():
        known = [each for each in BENCHMARKS if each.name in reports]
        if not known:
            continue
        rows = [
            {
                "benchmark": f"[{each.name}](#{each.name})",
                "what is compared": each.compares,
                "seconds": round(reports[each.name]["seconds"]),
                "date": reports[each.name]["date"][:10],
            }
            for each in known
        ]
        total = sum(row["seconds"] for row in rows)
        last = reports[known[-1].name]
        yield f"## All on {last['device']}, {last['cores']} cores: {shown(total, 0)} seconds"
        yield table(rows, 0, "github")


def section(benchmark: Benchmark, small: dict[str, Reports], longer: Reports) -> list[str]:
    """What is stored of a benchmark; nothing if that is nothing."""
    runs = [reports[benchmark.name] for reports in small.values() if benchmark.name in reports]
    parts = [part for report in runs for part in run(benchmark, report)]
    for name, report in longer.items():
        if name.partition("-")[0] == benchmark.name:
            parts += [f"### A longer run of {benchmark.name}", *run(benchmark, report)]
    return [f"## {benchmark.name}", filled(benchmark.compares), *parts] if parts else []


def run(benchmark: Benchmark, report: dict) -> Iterator[str]:
    """A report: command, surroundings, tables."""
    yield f"    {report['command']}"
    yield filled(f"{', '.join([report['date'][:10], *place(report)])}.")
    if "note" in report:
        yield filled(report["note"])
    for title, rows in benchmark.tables(report["rows"]).items():
        if title:
            yield title
        yield table(rows, report["digits"], "github")


def place(report: dict) -> Iterator[str]:
    """Where a report was measured and how long it took, as far as it tells."""
    for key, words in PLACE.items():
        if key in report:
            value = round(report[key]) if key == "seconds" else report[key]
            text = words.format(value)
            yield text.removesuffix("s") if value == 1 else text


def filled(text: str) -> str:
    """Broken into lines."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
