"""The numbers of the table against hand computation."""

import math

import pytest

from rada.data.families import BENCHMARKS, EMBEDDED
from rada.experiments.columns import harmonic_mean
from rada.experiments.published import BASE2NEW
from rada.experiments.runs import scan
from rada.experiments.table import build_tables


def table(experiment, **options):
    (one,) = build_tables(scan(experiment.root).runs, **options)
    return one


def column(table, name):
    return next(column for column in table.columns if column.name == name)


def test_mean_spread_and_harmonic_mean(experiment):
    """Base 80, 84 and new 60, 70: means 82 and 65, ddof 0 deviations 2 and 5, HM of the means."""
    experiment.pair("dtd", "CoOp", 1, 80.0, 60.0)
    experiment.pair("dtd", "CoOp", 2, 84.0, 70.0)
    cell = column(table(experiment), "CoOp").cell(["dtd"])
    assert (cell.base.mean, cell.base.spread, cell.base.seeds) == (82.0, 2.0, (1, 2))
    assert (cell.new.mean, cell.new.spread) == (65.0, 5.0)
    assert cell.hm == pytest.approx(2 * 82 * 65 / (82 + 65))
    cell = column(table(experiment, ci95=True), "CoOp").cell(["dtd"])
    assert cell.base.spread == pytest.approx(1.96 * 2 / math.sqrt(2))


def test_average_row_takes_the_mean_first_and_the_harmonic_mean_after(experiment):
    experiment.pair("dtd", "CoOp", 1, 80.0, 40.0)
    experiment.pair("ucf101", "CoOp", 1, 60.0, 80.0)
    one = table(experiment)
    (average,) = one.averages()
    cell = column(one, "CoOp").cell(average.datasets)
    assert average.label == "average of 2"
    assert (cell.base.mean, cell.new.mean) == (70.0, 60.0)
    assert cell.hm == pytest.approx(harmonic_mean(70.0, 60.0))
    assert cell.base.spread is None  # one seed has no spread


def test_spread_of_the_average_is_over_its_value_for_each_seed(experiment):
    for dataset, accuracies in {"dtd": (70.0, 80.0), "ucf101": (60.0, 54.0)}.items():
        for seed, accuracy in enumerate(accuracies, start=1):
            experiment.add("base", dataset, "CoOp", seed, accuracy)
    cell = column(table(experiment), "CoOp").cell(["dtd", "ucf101"])
    assert (cell.base.mean, cell.base.spread) == (66.0, 1.0)  # 65 and 67


def test_difference_is_over_the_seeds_both_have(experiment):
    """Seed 3 of CoOp would move the difference from 5 to 15 if it counted."""
    for seed, base, new in ((1, 70.0, 60.0), (2, 72.0, 62.0), (3, 41.0, 31.0)):
        experiment.pair("dtd", "CoOp", seed, base, new)
    for seed, base, new in ((1, 74.0, 66.0), (2, 78.0, 70.0)):
        experiment.pair("dtd", "RAdaCoOp", seed, base, new)
    cell = column(table(experiment), "RAdaCoOp - CoOp").cell(["dtd"])
    assert (cell.base.mean, cell.base.spread, cell.base.seeds) == (5.0, 1.0, (1, 2))
    assert (cell.new.mean, cell.new.spread) == (7.0, 1.0)
    assert cell.hm == pytest.approx(harmonic_mean(76, 68) - harmonic_mean(71, 61))


def test_rada_pairs_with_zero_shot_and_stands_right_after_it(experiment):
    for trainer in ("RAdaCoOp", "MaPLe", "CoOp", "RAda", "ZeroshotCLIP"):
        experiment.pair("dtd", trainer, 1, 70.0, 60.0)
    assert [column.name for column in table(experiment).columns] == [
        *("ZeroshotCLIP", "RAda", "RAda - ZeroshotCLIP"),
        *("CoOp", "RAdaCoOp", "RAdaCoOp - CoOp", "MaPLe"),
    ]


def test_average_is_over_the_sets_all_columns_have(experiment):
    for dataset in ("dtd", "eurosat"):
        experiment.pair(dataset, "CoOp", 1, 70.0, 60.0)
    experiment.pair("dtd", "MaPLe", 1, 80.0, 50.0)
    experiment.add("base", "eurosat", "MaPLe", 1, 90.0)
    one = table(experiment)
    (average,) = one.averages()
    assert (average.datasets, average.out_of) == (["dtd"], ["dtd", "eurosat"])
    assert one.missing() == [
        {"trainer": "MaPLe", "part": "test_new", "dataset": "eurosat", "seed": 1}
    ]


def test_embedded_sets_are_averaged_apart(experiment):
    """Another backbone, and controls; the order is published, embedded, other."""
    for dataset in ("tints_plain", "tints", "zoo", "blueprints", "ucf101", "imagenet"):
        experiment.pair(dataset, "CoOp", 1, 70.0, 60.0)
    one = table(experiment)
    assert one.datasets == ["imagenet", "ucf101", "blueprints", "tints", "tints_plain", "zoo"]
    labels = [average.label for average in one.averages()]
    assert labels == [
        "average of 2 real sets",
        "average of 2 embedded sets",
        "average of 1 plain embedded sets",
        "average of 1 other sets",
    ]


def test_configs_are_told_apart_only_where_one_set_has_two(experiment):
    experiment.pair("dtd", "CoOp", 1, 70.0, 60.0)
    experiment.pair("imagenet", "CoOp", 1, 70.0, 60.0, place={"config": "vit_b16_ep50"})
    experiment.pair("dtd", "RAdaCoOp", 1, 71.0, 61.0)
    names = [column.name for column in table(experiment).columns]
    assert names == ["CoOp", "RAdaCoOp", "RAdaCoOp - CoOp"]
    experiment.pair("dtd", "CoOp", 1, 50.0, 50.0, place={"config": "rn50"})
    one = table(experiment)
    names = [column.name for column in one.trainers]
    assert names == ["CoOp (rn50)", "CoOp (vit_b16_ctxv1)", "CoOp (vit_b16_ep50)", "RAdaCoOp"]
    delta = column(one, "RAdaCoOp - CoOp (vit_b16_ctxv1)").cell(["dtd"])
    assert delta.base.mean == 1.0


def test_shots_give_separate_tables(experiment):
    experiment.pair("dtd", "CoOp", 1, 70.0, 60.0)
    experiment.pair("dtd", "CoOp", 1, 50.0, 40.0, place={"shots": 4})
    tables = build_tables(scan(experiment.root).runs)
    assert [one.shots for one in tables] == [4, 16]
    assert [one.columns[0].cell(["dtd"]).base.mean for one in tables] == [50.0, 70.0]


def test_quoted_numbers_agree_with_their_own_averages():
    """A mistyped digit would show: averages of complete columns, and HM of each average."""
    assert list(BASE2NEW.datasets) == list(BENCHMARKS) and not set(BENCHMARKS) & set(EMBEDDED)
    for method, (base, new, hm) in BASE2NEW.averages.items():
        assert harmonic_mean(base, new) == pytest.approx(hm, abs=0.02)
        rows = [sets[method] for sets in BASE2NEW.datasets.values() if method in sets]
        if len(rows) == 11:
            assert sum(row[0] for row in rows) / 11 == pytest.approx(base, abs=0.011)
            assert sum(row[1] for row in rows) / 11 == pytest.approx(new, abs=0.011)
