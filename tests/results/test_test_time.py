"""Test time: one accuracy for each dataset, seconds of the run, the papers' numbers beside it."""

import csv
import io
import json

import pytest

from rada.data.families import SHIFTS
from rada.experiments.published import TEST_TIME
from rada.experiments.report import FORMATS, report
from rada.experiments.runs import scan

ACCURACIES = {"imagenet": 68.0, "imagenetv2": 60.0, "imagenet_a": 50.0}
GAINS = {"TPT": 0.0, "RAdaTPTPretrained": 3.0, "RAdaTPT": 1.0, "CoOpTPT": 5.0}


@pytest.fixture
def adapted(experiment):
    """Trained models are tested by train.py, which says so in "seconds"; the others "train"."""
    for trainer, gain in GAINS.items():
        trained = trainer in ("RAdaTPTPretrained", "CoOpTPT")
        more = {"classes": "all", "seconds": {"test" if trained else "train": 10 + gain}}
        for dataset, accuracy in ACCURACIES.items():
            experiment.add("adapted", dataset, trainer, 1, accuracy + gain, **more)
    return experiment


def test_table_line_by_line(adapted):
    """Each mask stands after TPT with its difference; the shifts have their own average."""
    lines = report(adapted.root)[0].splitlines()
    assert lines[0] == "test time; trainings before it, if any, with 16 shots"
    assert [head.strip() for head in lines[2].split("  ") if head] == [
        *("CoOpTPT", "TPT", "RAdaTPT", "RAdaTPT - TPT"),
        *("RAdaTPTPretrained", "RAdaTPTPretrained - TPT"),
    ]
    assert [" ".join(line.split()) for line in lines[4:12] if "---" not in line] == [
        "imagenet 73.0 68.0 69.0 +1.0 71.0 +3.0",
        "average of 1 real sets 73.0 68.0 69.0 +1.0 71.0 +3.0",
        "imagenetv2 65.0 60.0 61.0 +1.0 63.0 +3.0",
        "imagenet_a 55.0 50.0 51.0 +1.0 53.0 +3.0",
        "average of 2 shifts 60.0 55.0 56.0 +1.0 58.0 +3.0",
    ]


def test_seconds_are_those_of_the_run_however_it_was_started(adapted):
    text = report(adapted.root)[0]
    costs = text[text.index("learned parameters") :].splitlines()
    assert costs[0] == "learned parameters  seconds of testing"
    assert {line.split()[0]: line.split()[-1] for line in costs[2:]} == {
        trainer: f"{10 + gain}" for trainer, gain in GAINS.items()
    }
    (row, *_) = csv.DictReader(io.StringIO(report(adapted.root, "csv")[0]))
    assert (row["trainer"], row["test_seconds"]) == ("CoOpTPT", "15.0")
    assert "seconds of testing" in report(adapted.root, by_trainer=True)[0]


def test_seconds_of_other_tests_do_not_count(experiment):
    experiment.pair("dtd", "CoOp", 1, 80.0, 60.0, seconds={"test": 5.0})
    assert {run.seconds for run in scan(experiment.root).runs} == {None}


def test_other_metrics(experiment):
    metrics = {"accuracy": 70.0, "ece": 4.5, "accuracy_top5": 90.0}
    experiment.add("adapted", "dtd", "TPT", 1, 0.0, metrics=metrics)
    for keyword in ("ece", "accuracy_top5"):
        text = report(experiment.root, keyword=keyword)[0]
        assert f"{metrics[keyword]}" in text and f"{keyword} in %, seed 1" in text


@pytest.mark.parametrize("style", FORMATS)
def test_published_numbers_with_their_remarks_in_every_format(adapted, style):
    out, err = report(adapted.root, style, published=True)
    plain, _ = report(adapted.root, style)
    assert "64.35 in one copy of the paper" in out + err and "64.35" not in plain
    if style == "csv":
        rows = [row for row in csv.DictReader(io.StringIO(out)) if row["source"] == "quoted"]
        found = {row["dataset"]: row["all"] for row in rows if row["trainer"] == "TPT"}
        assert found == {
            "average of 4 shifts": "60.81",
            "imagenetv2": "63.45",
            "imagenet_a": "54.77",
        }
    elif style == "json":
        quoted = json.loads(out)["quoted"]
        assert quoted["averages_of_4_shifts"]["RAda, mask pretrained"] == {"all": 64.26}
        assert quoted["datasets"]["imagenet_r"]["RAda"] == {"all": 79.35}
    else:
        (row,) = (line for line in out.splitlines() if "PromptAlign (quoted)" in line)
        assert [word for word in row.split() if word[:1].isdigit()] == ["63.55", "65.29", "59.37"]


def test_nothing_is_quoted_beside_embedded_sets_alone(experiment):
    """Their pictures and their CLIP are others."""
    for dataset in ("digits", "herds_plain", "birds"):
        experiment.add("adapted", dataset, "TPT", 1, 60.0)
    with pytest.raises(ValueError, match="the papers have none of these datasets; leave it out"):
        report(experiment.root, published=True)
    experiment.add("adapted", "imagenet_a", "TPT", 1, 50.0)
    assert "PromptAlign (quoted)" in report(experiment.root, published=True)[0]


def test_published_averages_fit_the_four_sets():
    """But one, which is quoted as it is printed and remarked on."""
    assert set(TEST_TIME.datasets) == set(SHIFTS) - {"objectnet"}
    for method, (average,) in TEST_TIME.averages.items():
        mean = sum(sets[method][0] for sets in TEST_TIME.datasets.values()) / 4
        tolerance = 0.051 if method == "CoCoOp+TPT" else 0.0051
        assert average == pytest.approx(mean, abs=tolerance)
