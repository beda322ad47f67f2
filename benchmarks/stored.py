"""Results on disk: benchmarks/measured/.

`small/<machine>.json` holds the last small run of each benchmark on a machine, by name, as
`python benchmarks/all.py` leaves it; `<name>.json` a longer run, written by a benchmark's --json,
and `<name>-<anything>.json` another part of it or one elsewhere.
"""

import json
import re
from pathlib import Path

MEASURED = Path(__file__).resolve().parent / "measured"

Reports = dict[str, dict]  # by the benchmark's name; longer runs by that of their file


def machine(report: dict) -> str:
    """Where a report was measured, fit for a file's name: "amd-epyc-2-cores"."""
    words = f"{report['device']} {report['cores']} cores".lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")


def small_runs(folder: Path = MEASURED) -> dict[str, Reports]:
    """The last small runs, by machine.

    Raises:
        ValueError: naming a file that is damaged.
    """
    return {file.stem: read(file) for file in sorted((folder / "small").glob("*.json"))}


def longer_runs(folder: Path = MEASURED) -> Reports:
    """The longer runs.

    Raises:
        ValueError: naming a file that is damaged.
    """
    return {file.stem: read(file) for file in sorted(folder.glob("*.json"))}


def keep(name: str, report: dict, folder: Path = MEASURED) -> None:
    """Put a small run in the place of its machine's last one."""
    file = folder / "small" / f"{machine(report)}.json"
    reports = read(file) if file.exists() else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(reports | {name: report}, indent=1) + "\n")


def read(file: Path) -> dict:
    """A JSON object; raises ValueError, naming the file, if it holds none."""
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); remove it") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file} is damaged (it holds no object); remove it")
    return content
