"""Few-shot: a table for each number of shots, and the means over the shots."""

import csv
import io
import json

import pytest

from rada.experiments.report import report


@pytest.fixture
def few_shot(experiment):
    """dtd and ucf101 with 1 and 4 shots, two trainers; ucf101 with 4 shots lacks RAdaCoOp."""
    for shots, dtd, ucf101 in ((1, 50.0, 40.0), (4, 60.0, 70.0)):
        for trainer, gain in (("CoOp", 0.0), ("RAdaCoOp", 5.0)):
            place = {"shots": shots}
            more = {"shots": shots, "classes": "all", "seconds": {"train": 2.0}}
            experiment.add("all", "dtd", trainer, 1, dtd + gain, place=place, **more)
            experiment.add("all", "ucf101", trainer, 1, ucf101 + gain, place=place, **more)
    (experiment.folder("all", "ucf101", "RAdaCoOp", 1, shots=4) / "results.json").unlink()
    return experiment


def test_one_column_for_each_trainer_and_one_table_for_each_number_of_shots(few_shot):
    lines = report(few_shot.root)[0].splitlines()
    assert lines[:7] == [
        "1 shot",
        "",
        "              CoOp  RAdaCoOp  RAdaCoOp - CoOp",
        "------------  ----  --------  ---------------",
        "dtd           50.0      55.0             +5.0",
        "ucf101        40.0      45.0             +5.0",
        "------------  ----  --------  ---------------",
    ]
    assert lines[7] == "average of 2  45.0      50.0             +5.0"
    assert lines[9].startswith('accuracy in %, seed 1; "RAdaX - X"')
    table = lines[lines.index("4 shots") :]
    assert "ucf101        70.0         -                -" in table
    assert "missing: RAdaCoOp on ucf101: train_all seed 1" in table
    assert ["CoOp", "-", "2.0"] in [line.split() for line in table]  # seconds of training


def test_summary_is_over_the_sets_all_columns_have_at_all_shots(few_shot):
    """With ucf101, CoOp's mean would be 45 at 1 shot and 65 at 4."""
    lines = report(few_shot.root)[0].splitlines()
    start = lines.index("mean of 1: dtd; left out: ucf101")
    assert lines[start + 2 : start + 6] == [
        "         CoOp  RAdaCoOp  RAdaCoOp - CoOp",
        "-------  ----  --------  ---------------",
        "1 shot   50.0      55.0             +5.0",
        "4 shots  60.0      65.0             +5.0",
    ]


def test_summary_keeps_embedded_sets_and_trainers_of_some_shots_apart(few_shot):
    few_shot.add("all", "tints", "CoOp", 1, 10.0, place={"shots": 1})
    few_shot.add("all", "tints", "CoOp", 1, 20.0, place={"shots": 4})
    few_shot.add("all", "dtd", "MaPLe", 1, 66.0, place={"shots": 4})
    text = report(few_shot.root)[0]
    assert "mean of 1 embedded sets: tints" in text
    lines = text[text.index("mean of 1 real sets: dtd") :].splitlines()
    rows = [line.split() for line in lines if line.startswith(("1 shot", "4 shots"))]
    assert rows[:2] == [["1", "shot", "50.0", "55.0", "+5.0", "-"]] + [
        ["4", "shots", "60.0", "65.0", "+5.0", "66.0"]
    ]


def test_csv_and_json_hold_tables_and_summary(few_shot):
    rows = list(csv.DictReader(io.StringIO(report(few_shot.root, "csv")[0])))
    assert {"all", "all_spread", "all_seeds"} <= set(rows[0]) and "base" not in rows[0]
    kept = [row for row in rows if row["source"] == "summary" and row["trainer"] == "CoOp"]
    assert [(row["shots"], row["all"]) for row in kept] == [("1", "50.0"), ("4", "60.0")]
    data = json.loads(report(few_shot.root, "json")[0])
    (summary,) = data["summary"]
    assert summary["shots"]["4"]["RAdaCoOp - CoOp"]["all"]["mean"] == 5.0
    assert set(data["tables"][0]["datasets"]["dtd"]["CoOp"]) == {"all"}


def test_one_number_of_shots_needs_no_summary(experiment):
    experiment.add("all", "dtd", "CoOp", 1, 50.0)
    assert "mean of" not in report(experiment.root)[0]
    assert "summary" not in json.loads(report(experiment.root, "json")[0])


def test_papers_numbers_are_not_put_beside_it(few_shot):
    with pytest.raises(ValueError, match="base-to-new, test time and fine-tuning, not these"):
        report(few_shot.root, published=True)
