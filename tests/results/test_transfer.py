"""Transfer: the source, the other sets with their average, the shifts with theirs."""

import csv
import io
import json

import pytest

from parse_test_res import main
from rada.experiments.report import report


@pytest.fixture
def transfer(experiment):
    """Two trainers; RAdaCoOp lacks ucf101."""
    for trainer, gain in (("CoOp", 0.0), ("RAdaCoOp", 2.0)):
        experiment.add("source", "imagenet", trainer, 1, 70.0 + gain, classes="all")
        for dataset, accuracy in {"dtd": 40.0, "sun397": 60.0, "ucf101": 90.0}.items():
            experiment.add("target", dataset, trainer, 1, accuracy + gain, classes="all")
        for dataset, accuracy in {"imagenetv2": 50.0, "imagenet_a": 30.0}.items():
            experiment.add("target", dataset, trainer, 1, accuracy + gain)
    (experiment.folder("target", "ucf101", "RAdaCoOp", 1) / "results.json").unlink()
    return experiment


def test_source_targets_and_shifts_line_by_line(transfer):
    lines = report(transfer.root)[0].splitlines()
    rule = "----------------------  ----  --------  ---------------"
    assert lines[:16] == [
        "16 shots, trained on imagenet",
        "",
        "                        CoOp  RAdaCoOp  RAdaCoOp - CoOp",
        rule,
        "imagenet (source)       70.0      72.0             +2.0",
        rule,
        "sun397                  60.0      62.0             +2.0",
        "dtd                     40.0      42.0             +2.0",
        "ucf101                  90.0         -                -",
        rule,
        "average of 2 real sets  50.0      52.0             +2.0",
        rule,
        "imagenetv2              50.0      52.0             +2.0",
        "imagenet_a              30.0      32.0             +2.0",
        rule,
        "average of 2 shifts     40.0      42.0             +2.0",
    ]
    assert "average of 2 real sets: the sets all columns have; left out: ucf101" in lines
    assert "missing: RAdaCoOp on ucf101: test_target seed 1" in lines


def test_a_missing_training_is_named(transfer):
    (transfer.folder("source", "imagenet", "CoOp", 1) / "results.json").unlink()
    assert "missing: CoOp on imagenet: train_source seed 1" in report(transfer.root)[0]


def test_csv_and_json_tell_the_source_apart(transfer):
    rows = list(csv.DictReader(io.StringIO(report(transfer.root, "csv")[0])))
    kinds = {row["dataset"]: row["source"] for row in rows if row["trainer"] == "CoOp"}
    assert (kinds["imagenet"], kinds["dtd"]) == ("training set", "measured")
    (table,) = json.loads(report(transfer.root, "json")[0])["tables"]
    assert table["sources"] == ["imagenet"]
    assert [row["out_of"] for row in table["averages"]] == [
        ["sun397", "dtd", "ucf101"],
        ["imagenetv2", "imagenet_a"],
    ]


def test_two_sources_in_one_folder_are_refused(transfer):
    transfer.add("source", "dtd", "CoOp", 1, 70.0)
    with pytest.raises(ValueError, match="was trained on dtd and imagenet; one source a folder"):
        report(transfer.root)


def test_a_source_tested_as_a_target_is_left_out(transfer):
    transfer.add("target", "imagenet", "CoOp", 1, 99.0)
    text = report(transfer.root)[0]
    assert "99.0" not in text and "seed1: tested on the source itself" in text


def test_folders_of_two_protocols_in_one_are_refused(transfer, capsys):
    transfer.add("base", "dtd", "CoOp", 1, 70.0)
    with pytest.raises(ValueError, match="base2new holds base2new and transfer; give each its own"):
        main([str(transfer.root)])
