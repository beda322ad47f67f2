"""One trainer's accuracies over datasets and seeds, and the paired difference of two trainers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from rada.experiments.logs import spread_of
from rada.experiments.protocols import PARTS
from rada.experiments.runs import Run

ALL_CLASSES = tuple(dict.fromkeys(part.classes for part in PARTS.values()))
# classes (base, new or all) -> dataset -> seed -> accuracy in percent
Values = dict[str, dict[str, dict[int, float]]]


@dataclass(frozen=True)
class Stat:
    """A mean in percent, its spread over seeds (None: one seed, or seeds differ), the seeds."""

    mean: float
    spread: float | None
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """What a trainer reached on classes of a dataset, or on the average of several datasets."""

    base: Stat | None = None
    new: Stat | None = None
    hm: float | None = None
    all: Stat | None = None


class Column:
    """One trainer. HM is the harmonic mean of the mean Base and the mean New accuracy.

    The published tables do the same: a dataset's HM comes from its Base and New means over seeds,
    and the average row's HM from the averaged Base and New, not from the HMs above it.
    """

    def __init__(self, name: str, values: Values, ci95: bool = False):
        self.name, self.values, self.ci95 = name, values, ci95

    def cell(self, datasets: list[str]) -> Cell:
        """Average over datasets of the means over seeds; one dataset gives its own cell."""
        stats = {classes: self.stat(classes, datasets) for classes in self.values}
        return Cell(**stats, hm=self.hm(datasets, stats.get("base"), stats.get("new")))

    def hm(self, datasets: list[str], base: Stat | None, new: Stat | None) -> float | None:
        """Harmonic mean of two means, None if one is missing."""
        return harmonic_mean(base.mean, new.mean) if base and new else None

    def stat(self, classes: str, datasets: list[str]) -> Stat | None:
        """Mean and spread on some classes; None unless every dataset has a value."""
        rows = [self.values[classes].get(dataset) for dataset in datasets]
        if not rows or not all(rows):
            return None
        mean = float(np.mean([np.mean(list(row.values())) for row in rows]))
        seeds = sorted(set().union(*rows))
        if len(seeds) < 2 or any(len(row) < len(seeds) for row in rows):
            return Stat(mean, None, tuple(seeds))
        by_seed = [float(np.mean([row[seed] for row in rows])) for seed in seeds]
        return Stat(mean, spread_of(by_seed, self.ci95), tuple(seeds))

    def missing_in(self, classes: str, datasets: list[str]) -> list[str]:
        """Datasets without a value, [] if none has one: then these classes were not run at all."""
        have = self.values[classes]
        lacking = [dataset for dataset in datasets if not have.get(dataset)]
        return lacking if len(lacking) < len(datasets) else []


class TrainerColumn(Column):
    """A trainer with one or, where no dataset has two of them, several configs."""

    def __init__(self, trainer: str, config: str, runs: list[Run], keyword: str, ci95: bool):
        values = {classes: defaultdict(dict) for classes in ALL_CLASSES}
        for run in runs:
            values[run.classes][run.dataset][run.seed] = run.metrics[keyword]
        super().__init__(f"{trainer} ({config})" if config else trainer, values, ci95)
        self.trainer, self.runs = trainer, runs
        self.configs = sorted({run.config for run in runs})
        self.from_log = {(run.classes, run.dataset) for run in runs if run.from_log}


class Delta(Column):
    """RAdaX minus X, in points, over the seeds both have; spread is that of the differences."""

    def __init__(self, name: str, rada: Column, plain: Column):
        self.of = rada.name
        self.rada, self.plain = common_seeds(rada, plain), common_seeds(plain, rada)
        minus = self.plain.values
        difference = {
            classes: {
                dataset: {seed: row[seed] - minus[classes][dataset][seed] for seed in row}
                for dataset, row in rows.items()
            }
            for classes, rows in self.rada.values.items()
        }
        super().__init__(name, difference, rada.ci95)

    def hm(self, datasets: list[str], base: Stat | None, new: Stat | None) -> float | None:
        """Difference of the two harmonic means."""
        if not (base and new):
            return None
        return self.rada.cell(datasets).hm - self.plain.cell(datasets).hm


def common_seeds(column: Column, other: Column) -> Column:
    """A column restricted to the seeds, per classes and dataset, that another one has as well."""
    values = {
        classes: {
            dataset: kept
            for dataset, row in rows.items()
            if (kept := {s: row[s] for s in row if s in other.values[classes].get(dataset, {})})
        }
        for classes, rows in column.values.items()
    }
    return Column(column.name, values, column.ci95)


def harmonic_mean(base: float, new: float) -> float:
    """2 / (1/base + 1/new); 0 if both are 0."""
    return 2 * base * new / (base + new) if base + new else 0.0
