"""WiSE-FT's curves: accuracy of the mixtures of each fine-tuned model with its start."""

import csv
import io
import math
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rada.data.families import source_of
from rada.experiments.layout import draw, shots_text
from rada.experiments.notes import notes
from rada.experiments.protocols import MIXED, SHIFTED, TUNED
from rada.experiments.runs import Found, Run, scan
from rada.experiments.table import Table
from rada.experiments.transposed import transposed
from rada.files import replacing

CURVES = "wise_ft.png"
NUMBERS = "wise_ft.csv"


def report(
    directory: str | Path, style: str = "simple", keep: Callable[[Run], bool] = lambda run: True
) -> str:
    """A table for each trainer, a row for each coefficient; writes wise_ft.png and .csv beside.

    Args:
        directory: such as output/finetune.
        style: simple, github or latex.
        keep: which runs to consider, judged by the names in their path alone.

    Raises:
        FileNotFoundError: if there is no finished mixture.
    """
    found = scan(Path(directory), keep)
    tables = mixtures(found)
    if not tables:
        raise FileNotFoundError(f"no finished mixture in {directory}; run scripts/rada/wise_ft.sh")
    parts = [found.banner] if found.banner else []
    for (tuned_on, trainer), table in tables.items():
        heading = f"WiSE-FT on {tuned_on}: {trainer}"
        remarks = "\n".join(note for note in notes(table) if not note.startswith("configs"))
        parts += [heading, draw(transposed(table), style), remarks]
    with replacing(Path(directory, NUMBERS), "w") as file:
        file.write(as_csv(tables))
    curves = plotted(tables, Path(directory, CURVES), found.banner)
    return "\n\n".join([*parts, f"{curves}; numbers: {Path(directory, NUMBERS)}"])


class Curve(Table):
    """A table whose columns are mixtures.

    Attributes:
        coefficients: by the name of a column.
    """

    def __init__(self, shots: int, runs: list[Run], coefficients: dict[str, float]):
        super().__init__(shots, runs)
        self.coefficients = coefficients


def mixtures(found: Found) -> dict[tuple[str, str], Curve]:
    """A table for each set that was fine-tuned on and trainer; its columns are coefficients."""
    runs, coefficients = defaultdict(list), {}
    for run in found.runs:
        source = source_of(run.dataset)
        for mixture in run.mixtures if run.part == MIXED else ():
            part = TUNED if run.dataset == source else SHIFTED
            value = {"accuracy": mixture["accuracy"]}
            name = f"a = {mixture['coefficient']:g}"
            coefficients[name] = mixture["coefficient"]
            one = replace(run, part=part, trainer=name, metrics=value, parameters=None)
            runs[source, label(run), run.shots % math.inf].append(one)
    return {
        (source, f"{name}, {shots_text(own[0].shots)}"): Curve(own[0].shots, own, coefficients)
        for (source, name, _), own in sorted(runs.items())
    }


def label(run: Run) -> str:
    """The trainer, and its config unless that is the usual one."""
    usual = re.fullmatch(r"(world|vit_b16_ctxv1)(_finetune)?", run.config)
    return run.trainer if usual else f"{run.trainer} ({run.config})"


def points(table: Curve) -> list[tuple[float, float, float | None]]:
    """Coefficient, accuracy on the set itself, and on average over its shifts, in percent."""
    rows = {row.kind: row for row in table.rows()}
    found = []
    for column in table.columns:
        own, shifted = (
            column.cell(rows[kind].datasets).all if kind in rows else None
            for kind in ("source", "average")
        )
        if own:
            number = table.coefficients[column.name]
            found.append((number, own.mean, shifted.mean if shifted else None))
    return sorted(found)


def as_csv(tables: dict[tuple[str, str], Curve]) -> str:
    """The points of all curves as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["fine_tuned_on", "shots", "trainer", "coefficient", "accuracy", "shifts"])
    for (tuned_on, trainer), table in tables.items():
        name = trainer.split(",")[0]
        writer.writerows([tuned_on, table.shots, name, *point] for point in points(table))
    return text.getvalue()


def plotted(tables: dict[tuple[str, str], Curve], path: Path, banner: str) -> str:
    """Draw the curves to a file; where they are, in words."""
    curves = {
        f"{trainer.removesuffix(', ' + shots_text(-1))} on {tuned_on}": points(table)
        for (tuned_on, trainer), table in tables.items()
    }
    curves = {name: [p for p in own if p[2] is not None] for name, own in curves.items()}
    if not any(curves.values()):
        return "no curve: nothing was tested on shifts"
    try:
        from rada.experiments.curves import plot
    except ModuleNotFoundError:
        return "no curve: matplotlib is not installed"
    plot(curves, path, banner)
    return f"curves: {path}"
