"""Finding and reading the runs of base-to-new experiments.

A run lives in <half>/<dataset>/shots_<n>/<trainer>/<config>/seed<N>, as in CoOp, where half is
train_base or test_new. Its results.json is written last, so the file says that it has finished.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from results.logs import read_metrics
from results.names import HALVES


@dataclass(frozen=True)
class Run:
    """One finished run. Metrics in percent, seconds of training or None."""

    half: str  # "base" or "new"
    dataset: str
    shots: int
    trainer: str
    config: str
    seed: int
    folder: str
    metrics: dict[str, float] = field(default_factory=dict)
    parameters: int | None = None
    seconds: float | None = None
    options: tuple[str, ...] = ()
    from_log: bool = False
    rehearsal: bool = False


@dataclass
class Found:
    """What lies under a folder: the runs to use, and why each other one is not used."""

    runs: list[Run] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    rehearsals: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def run_folder(half: str, dataset: str, shots: int, trainer: str, config: str, seed: int) -> Path:
    """Where a run lies below the experiment's folder (scripts/common.sh names the same one)."""
    return Path(HALVES[half], dataset, f"shots_{shots}", trainer, config, f"seed{seed}")


def scan(directory: Path, keep: Callable[[Run], bool] = lambda run: True) -> Found:
    """Read all runs below a folder that holds train_base and/or test_new.

    Args:
        directory: such as output/base2new.
        keep: which runs to consider, judged by the names in their path alone.
    """
    found = Found()
    for half, name in HALVES.items():
        for folder in sorted(directory.glob(f"{name}/*/shots_*/*/*/seed*")):
            run = named_run(half, folder)
            if run is None:
                found.skipped.append(f'{folder}: not a folder named "seed<number>"')
            elif keep(run):
                add_run(found, run)
    return found


def named_run(half: str, folder: Path) -> Run | None:
    """What the path of a run says, None if it is not one."""
    dataset, shots, trainer, config, seed = folder.parts[-5:]
    match = re.fullmatch(r"shots_(\d+)/seed(\d+)", f"{shots}/{seed}")
    if match is None or not folder.is_dir():
        return None
    return Run(half, dataset, int(match[1]), trainer, config, int(match[2]), str(folder))


def add_run(found: Found, run: Run) -> None:
    """Read a run and put it where it belongs."""
    try:
        read = read_run(run)
    except (OSError, ValueError) as error:
        found.skipped.append(str(error))
        return
    if read is None:
        found.unfinished.append(run.folder)
    elif read.rehearsal:
        found.rehearsals.append(run.folder)
    else:
        found.runs.append(read)


def read_run(run: Run) -> Run | None:
    """Fill in a run from its results.json, else from its log; None if it has not finished.

    Raises:
        ValueError: if results.json is broken or belongs to another run; names the file.
    """
    path = Path(run.folder, "results.json")
    if not path.is_file():
        metrics = read_metrics(Path(run.folder), train=run.half == "base")
        return metrics and replace(run, metrics=metrics, from_log=True)
    data = read_results(path)
    said = {"dataset": run.dataset, "trainer": run.trainer, "seed": run.seed, "shots": run.shots}
    for key, value in (said | {"classes": run.half}).items():
        if data.get(key, value) != value:
            raise ValueError(f"{path}: its {key} is {data[key]}, its folder says {value}")
    seconds = data.get("seconds")
    return replace(
        run,
        metrics=data["metrics"],
        parameters=data.get("learned_parameters"),
        seconds=seconds.get("train") if isinstance(seconds, dict) else None,
        options=tuple(map(str, data.get("opts") or ())),
        rehearsal=bool(data.get("rehearsal")),
    )


def read_results(path: Path) -> dict:
    """A results.json whose metrics are numbers.

    Raises:
        ValueError: if it is broken; names the file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: broken JSON ({error})") from None
    metrics = data.get("metrics") if isinstance(data, dict) else None
    if not isinstance(metrics, dict) or not metrics:
        raise ValueError(f"{path}: no metrics in it")
    for name, value in metrics.items():
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{path}: {name} is {value}, not a number")
    return data
