"""The table of base-to-new results: datasets x trainers, with averages and differences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from results.columns import Column, Delta
from results.names import HALVES, dataset_order, family, plain_trainer, trainer_order
from results.runs import Run


class TrainerColumn(Column):
    """A trainer with one or, where no dataset has two of them, several configs."""

    def __init__(self, trainer: str, config: str, runs: list[Run], keyword: str, ci95: bool):
        values = {half: defaultdict(dict) for half in HALVES}
        for run in runs:
            values[run.half][run.dataset][run.seed] = run.metrics[keyword]
        super().__init__(f"{trainer} ({config})" if config else trainer, values, ci95)
        self.trainer, self.runs = trainer, runs
        self.configs = sorted({run.config for run in runs})
        self.from_log = {(run.half, run.dataset) for run in runs if run.from_log}


@dataclass(frozen=True)
class Average:
    """An average row: over the datasets that all columns have, out of those in the table."""

    label: str
    datasets: list[str]
    out_of: list[str]


class Table:
    """All runs with the same number of shots."""

    def __init__(self, shots: int, runs: list[Run], keyword: str = "accuracy", ci95: bool = False):
        self.shots, self.runs, self.keyword, self.ci95 = shots, runs, keyword, ci95
        self.halves = [half for half in HALVES if any(run.half == half for run in runs)]
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

    def averages(self) -> list[Average]:
        """One average row for each family of datasets; embedded ones have another backbone."""
        families = {name: family(name) for name in self.datasets}
        rows = []
        for name in dict.fromkeys(families.values()):
            group = [dataset for dataset in self.datasets if families[dataset] == name]
            lacking = {
                dataset
                for column in self.columns
                for half in self.halves
                for dataset in column.missing_in(half, group)
            }
            common = [dataset for dataset in group if dataset not in lacking]
            of_what = f" {name}" if len(group) < len(self.datasets) else ""
            rows.append(Average(f"average of {len(common)}{of_what}", common, group))
        return rows

    def missing(self) -> list[dict]:
        """Runs that the others suggest: every trainer x dataset x half x seed of a group.

        Returns:
            Dicts with trainer (the column's name), half, dataset and seed. Each family
            of datasets is a group.
        """
        lacking = []
        for group in (average.out_of for average in self.averages()):
            runs = [run for run in self.runs if run.dataset in group]
            seeds = sorted({run.seed for run in runs})
            halves = [half for half in HALVES if any(run.half == half for run in runs)]
            lacking += [
                {"trainer": column.name, "half": HALVES[half], "dataset": dataset, "seed": seed}
                for column in self.trainers
                for half in halves
                for dataset in group
                for seed in seeds
                if seed not in column.values[half].get(dataset, {})
            ]
        return lacking


def build_tables(runs: list[Run], keyword: str = "accuracy", ci95: bool = False) -> list[Table]:
    """One table for each number of shots, the smallest first."""
    by_shots = defaultdict(list)
    for run in runs:
        by_shots[run.shots].append(run)
    return [Table(shots, by_shots[shots], keyword, ci95) for shots in sorted(by_shots)]
