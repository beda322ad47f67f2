"""Run every benchmark with small sizes, compare with the last run here, write docs/benchmarks.md.

`python benchmarks/all.py [--only head,cost --device cuda]`, under 10 minutes on 2 cores. Results
are stored by machine in benchmarks/measured/small/; those stored before are what is compared with.
Nothing is judged by a time. A benchmark that fails is named, the others still run, and the exit
code is 1. `python benchmarks/all.py --page` only writes the page of what is stored.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import page, stored
from benchmarks.declared import Benchmark, chosen
from benchmarks.report import Options
from benchmarks.tables import table


def main(arguments: list[str] | None = None) -> int:
    """Run, compare, write; returns the exit code."""
    parser = Options(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names with commas between; default: all")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is a GPU")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page only")
    options = parser.parse_args(arguments)
    try:
        before = stored.small_runs()
        benchmarks = [] if options.page else chosen(options.only)
        failed = [each.name for each in benchmarks if not run(each, options.device, before)]
        write_page()
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(benchmark: Benchmark, device: str, before: dict[str, stored.Reports]) -> bool:
    """Run a benchmark, store what it found and print what has changed; whether it succeeded."""
    print(f"\n{benchmark.name}: {benchmark.compares}", flush=True)
    report = measured(benchmark, device)
    if report is None:
        return False
    stored.keep(benchmark.name, report)
    last = before.get(stored.machine(report), {}).get(benchmark.name)
    if last is not None:
        print(f"\nsince {last['date'][:10]}, torch {last['torch']}:")
        print(table(changes(benchmark, last, report), report["digits"]))
    return True


def measured(benchmark: Benchmark, device: str) -> dict | None:
    """The report of a small run in a process of its own, with its seconds; None if it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        # --device only where it is not the default, so that the command is as short as can be
        where = ["--device", device] if benchmark.on_device and device != "cpu" else []
        script = str(ROOT / "benchmarks" / f"{benchmark.name}.py")
        words = [sys.executable, script, *benchmark.small, *where, "--json", str(file)]
        code = subprocess.run(words, check=False, cwd=ROOT).returncode
        if code or not file.exists():
            return None
        return json.loads(file.read_text()) | {"seconds": time.perf_counter() - start}


def changes(benchmark: Benchmark, last: dict, now: dict) -> list[dict]:
    """Each time of the rows that both runs have: last, now, and the change in percent."""
    rows = {key_of(benchmark, row): row for row in last["rows"]}
    found = []
    for row in now["rows"]:
        key = key_of(benchmark, row)
        then = rows.get(key, {})
        for name in benchmark.times:
            place = dict(zip(benchmark.keys, key, strict=True)) | {"what": name}
            found.append(place | change(then.get(name), row.get(name)))
    return found


def change(last: float | str | None, now: float | str | None) -> dict:
    """Both, and now over last - 1 in percent, if both are numbers."""
    numbers = all(isinstance(value, int | float) for value in (last, now)) and last
    return {"last": last, "now": now, "change %": 100 * (now / last - 1) if numbers else None}


def key_of(benchmark: Benchmark, row: dict) -> tuple:
    """What tells a row from the others."""
    return tuple(row[name] for name in benchmark.keys)


def write_page() -> None:
    """Write docs/benchmarks.md."""
    page.PAGE.write_text(page.page(stored.small_runs(), stored.longer_runs()))
    print(f"written: {page.PAGE.name}")


if __name__ == "__main__":
    sys.exit(main())
