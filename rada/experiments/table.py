"""The table of one protocol: datasets x trainers, with averages and differences."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from rada.data.families import dataset_order, families, source_of
from rada.experiments.columns import Column, Delta, TrainerColumn
from rada.experiments.protocols import ADAPTED, PARTS, SHIFTED, SOURCE, TARGET, TUNED
from rada.experiments.runs import Run
from rada.trainer_names import plain_trainer, trainer_order


@dataclass(frozen=True)
class Row:
    """A row: one dataset, or the average over the datasets that all columns have.

    Attributes:
        label: its first cell.
        kind: "dataset", "source" or "average".
        datasets: what its numbers are taken over.
        out_of: of an average, the datasets of that family in the table.
    """

    label: str
    kind: str
    datasets: list[str]
    out_of: list[str] = field(default_factory=list)


class Table:
    """All runs with the same number of shots."""

    def __init__(self, shots: int, runs: list[Run], keyword: str = "accuracy", ci95: bool = False):
        self.shots, self.runs, self.keyword, self.ci95 = shots, runs, keyword, ci95
        self.parts = [name for name in PARTS if any(run.part == name for run in runs)]
        self.classes = list(dict.fromkeys(PARTS[name].classes for name in self.parts))
        self.timed = "test" if ADAPTED in self.parts else "train"  # what its seconds are of
        self.sources = sorted({run.dataset for run in runs if run.part in (SOURCE, TUNED)})
        self.datasets = sorted({run.dataset for run in runs}, key=dataset_order)
        self.seeds = sorted({run.seed for run in runs})
        self.trainers = self._trainers()
        self.columns = self._with_deltas()

    def _trainers(self) -> list[TrainerColumn]:
        """One column per trainer; one per config where a dataset was run with several."""
        by_trainer = defaultdict(lambda: defaultdict(list))
        for run in self.runs:
            by_trainer[run.trainer][run.config].append(run)
        columns = []
        for trainer in sorted(by_trainer, key=trainer_order):
            configs = by_trainer[trainer]
            uses = [{run.dataset for run in runs} for runs in configs.values()]
            if sum(map(len, uses)) > len(set().union(*uses)):
                groups = sorted(configs.items())
            else:
                groups = [("", [run for runs in configs.values() for run in runs])]
            for config, runs in groups:
                columns.append(TrainerColumn(trainer, config, runs, self.keyword, self.ci95))
        return columns

    def _with_deltas(self) -> list[Column]:
        """The trainers' columns, each RAda column followed by its difference if it has one."""
        columns = []
        for column in self.trainers:
            columns.append(column)
            plain = self._partner(column)
            if plain:
                columns.append(Delta(f"{column.name} - {plain.name}", column, plain))
        return columns

    def _partner(self, rada: TrainerColumn) -> TrainerColumn | None:
        """X of RAdaX: the only column of that trainer, or the one with the same config."""
        name = plain_trainer(rada.trainer)
        plain = [column for column in self.trainers if column.trainer == name]
        alike = [column for column in self.trainers if column.trainer == rada.trainer]
        if len(plain) == len(alike) == 1:
            return plain[0]
        shared = [column for column in plain if set(column.configs) & set(rada.configs)]
        return shared[0] if len(shared) == 1 else None

    def rows(self) -> list[Row]:
        """All rows in the order they are printed.

        A transfer has its source first; there and at test time each average stands below its own
        datasets, elsewhere the averages stand at the end.
        """
        averages = self.averages()
        if not {SOURCE, TARGET, ADAPTED, TUNED, SHIFTED} & set(self.parts):
            return [Row(name, "dataset", [name]) for name in self.datasets] + averages
        rows = [Row(f"{name} (source)", "source", [name]) for name in self.sources]
        for average in averages:
            rows += [*(Row(name, "dataset", [name]) for name in average.out_of), average]
        return rows

    def averages(self) -> list[Row]:
        """One average row for each family of datasets; a source is in none."""
        targets = [name for name in self.datasets if name not in self.sources]
        rows = []
        for name, group in families(targets).items():
            common = common_to(self.columns, self.classes, group)
            of_what = f" {name}" if len(group) < len(targets) else ""
            rows.append(Row(f"average of {len(common)}{of_what}", "average", common, group))
        return rows

    def missing(self) -> list[dict]:
        """Runs that the others suggest: every trainer x dataset x part x seed of a group.

        Returns:
            Dicts with trainer (the column's name), part (its folder), dataset and seed. Each family
            of datasets is a group, and so is the source.
        """
        groups = [self.sources] if self.sources else []
        groups += [average.out_of for average in self.averages()]
        lacking = []
        for group in groups:
            runs = [run for run in self.runs if run.dataset in group]
            seeds = sorted({run.seed for run in runs})
            parts = [PARTS[name] for name in PARTS if any(run.part == name for run in runs)]
            lacking += [
                {"trainer": column.name, "part": part.folder, "dataset": dataset, "seed": seed}
                for column in self.trainers
                for part in parts
                for dataset in group
                for seed in seeds
                if seed not in column.values[part.classes].get(dataset, {})
            ]
        return lacking


def common_to(columns: list[Column], classes: list[str], datasets: list[str]) -> list[str]:
    """The datasets that all columns have which have any of them."""
    lacking = {
        dataset
        for column in columns
        for name in classes
        for dataset in column.missing_in(name, datasets)
    }
    return [dataset for dataset in datasets if dataset not in lacking]


def build_tables(runs: list[Run], keyword: str = "accuracy", ci95: bool = False) -> list[Table]:
    """One table for each number of shots, the smallest first, and each set fine-tuned on."""
    groups = defaultdict(list)
    for run in runs:
        tuned_on = source_of(run.dataset) if run.part in (TUNED, SHIFTED) else ""
        groups[run.shots % math.inf, tuned_on].append(run)
    return [Table(groups[key][0].shots, groups[key], keyword, ci95) for key in sorted(groups)]
