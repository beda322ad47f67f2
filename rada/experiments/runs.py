"""Finding and reading the runs of a protocol.

A run lives in <part>/<dataset>/shots_<n>/<trainer>/<config>/seed<N>, as in CoOp, where part is
train_base or another folder of protocols.py. Its results.json is written last, so the file says
that it has finished.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from rada.experiments.logs import read_metrics
from rada.experiments.protocols import ADAPTED, ALL_SHOTS, PARTS, SOURCE, TARGET
from rada.rehearsal import REHEARSAL
from rada.results_json import read_results, says_rehearsal, seconds_of


@dataclass(frozen=True)
class Run:
    """One finished run. Metrics in percent; seconds of training, at test time of testing."""

    part: str  # a key of PARTS
    dataset: str
    shots: int
    trainer: str
    config: str
    seed: int
    folder: str
    metrics: dict[str, float] = field(default_factory=dict)
    mixtures: tuple[dict[str, float], ...] = ()  # metrics by WiSE-FT's coefficient, which is one
    parameters: int | None = None
    seconds: float | None = None
    options: tuple[str, ...] = ()
    from_log: bool = False
    rehearsal: bool = False

    @property
    def classes(self) -> str:
        """Which classes it was tested on: base, new or all."""
        return PARTS[self.part].classes

    @property
    def trained(self) -> bool:
        """Whether it trained a model, not only tested one."""
        return not PARTS[self.part].trained_by


@dataclass
class Found:
    """What lies under a folder: the runs to use, and why each other one is not used.

    Rehearsals are used only where there is no real run; `banner` then says so on every table.
    """

    runs: list[Run] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    banner: str = ""


def scan(directory: Path, keep: Callable[[Run], bool] = lambda run: True) -> Found:
    """Read all runs below the folder of a protocol.

    Args:
        directory: such as output/base2new.
        keep: which runs to consider, judged by the names in their path alone.

    Raises:
        ValueError: if models trained on two sources share a folder.
    """
    found = Found()
    for part in PARTS.values():
        for folder in sorted(directory.glob(f"{part.folder}/*/shots_*/*/*/seed*")):
            run = named_run(part.name, folder)
            if run is None:
                found.skipped.append(f'{folder}: not a folder named "seed<number>"')
            elif keep(run):
                add_run(found, run)
    real = [run for run in found.runs if not run.rehearsal]
    if real:
        found.skipped += [f"{run.folder}: a rehearsal" for run in found.runs if run.rehearsal]
        found.runs = real
    elif found.runs:
        found.banner = REHEARSAL
    require_one_source(found, directory)
    return found


def require_one_source(found: Found, directory: Path) -> None:
    """Tests do not say on what their model was trained: its folder has to."""
    sources = sorted({run.dataset for run in found.runs if run.part == SOURCE})
    if len(sources) > 1:
        raise ValueError(f"{directory} was trained on {' and '.join(sources)}; one source a folder")
    for run in [run for run in found.runs if run.part == TARGET and run.dataset in sources]:
        found.runs.remove(run)
        found.skipped.append(f"{run.folder}: tested on the source itself")


def named_run(part: str, folder: Path) -> Run | None:
    """What the path of a run says, None if it is not one."""
    dataset, shots, trainer, config, seed = folder.parts[-5:]
    match = re.fullmatch(r"shots_(\d+|all)/seed(\d+)", f"{shots}/{seed}")
    if match is None or not folder.is_dir():
        return None
    number = ALL_SHOTS if match[1] == "all" else int(match[1])
    return Run(part, dataset, number, trainer, config, int(match[2]), str(folder))


def add_run(found: Found, run: Run) -> None:
    """Read a run and put it where it belongs."""
    try:
        read = read_run(run)
    except (OSError, ValueError) as error:
        found.skipped.append(str(error))
        return
    if read is None:
        found.unfinished.append(run.folder)
    else:
        found.runs.append(read)


def read_run(run: Run) -> Run | None:
    """Fill in a run from its results.json, else from its log; None if it has not finished.

    Raises:
        ValueError: if results.json is broken or belongs to another run; names the file.
    """
    path = Path(run.folder, "results.json")
    if not path.is_file():
        metrics = read_metrics(path.parent, train=run.trained)
        said = metrics and says_rehearsal(path.parent)
        return metrics and replace(run, metrics=metrics, from_log=True, rehearsal=said)
    data = read_results(path)
    said = {"dataset": run.dataset, "trainer": run.trainer, "seed": run.seed, "shots": run.shots}
    for key, value in (said | {"classes": run.classes}).items():
        if data.get(key, value) != value:
            raise ValueError(f"{path}: its {key} is {data[key]}, its folder says {value}")
    ways: tuple[str, ...] = ("train",) if run.trained else ()
    if run.part == ADAPTED:
        ways = ("train", "test")
    return replace(
        run,
        metrics=data["metrics"],
        mixtures=tuple(data["wise_ft"]),
        parameters=data.get("learned_parameters"),
        seconds=seconds_of(data, ways),
        options=tuple(map(str, data.get("opts") or ())),
        rehearsal=bool(data.get("rehearsal")),
    )
