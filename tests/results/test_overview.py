"""One line per trainer: averages, what the mask adds, costs."""

import pytest

from parse_test_res import main
from rada.experiments.report import report


@pytest.fixture
def three(experiment):
    for seed, shift in ((1, 0.0), (2, 2.0)):
        costs = {"learned_parameters": 2048, "seconds": {"train": 3.0}}
        experiment.pair("dtd", "CoOp", seed, 80 + shift, 50, **costs)
        experiment.pair("eurosat", "CoOp", seed, 90 + shift, 60, **costs)
        experiment.pair("dtd", "RAdaCoOp", seed, 82 + shift, 54, **costs)
        experiment.pair("eurosat", "RAdaCoOp", seed, 96 + shift, 62, **costs)
        experiment.pair("dtd", "MMA", seed, 70.0, 70)
        experiment.pair("eurosat", "MMA", seed, 80.0, 60)
    return experiment


def test_averages_differences_and_costs_stand_in_one_line(three):
    lines = report(three.root, by_trainer=True)[0].splitlines()
    rows = {line.split()[0]: line.split() for line in lines if line.split()[:1]}
    # base (80 + 90) / 2 and 2 more for seed 2: mean 86, deviation 1; new 55
    assert rows["CoOp"] == ["CoOp", "86.0", "±1.0", "55.0", "±0.0", "67.1", "2,048", "3.0"]
    assert rows["RAdaCoOp"][1:6] == ["90.0", "±1.0", "58.0", "±0.0", "70.5"]
    assert rows["RAdaCoOp"][6:11] == ["+4.0", "±0.0", "+3.0", "±0.0", "+3.4"]
    assert rows["MMA"] == ["MMA", "75.0", "±0.0", "65.0", "±0.0", "69.6", "-", "-"]
    assert not any(line.startswith(("dtd", "eurosat")) for line in lines)


def test_without_a_pair_there_is_no_difference(three):
    only = report(three.root, by_trainer=True, keep=lambda run: run.trainer != "CoOp")[0]
    assert "RAdaX - X" not in only and "average of 2" in only


def test_it_is_a_layout_of_text(three, capsys):
    with pytest.raises(ValueError, match="--by-trainer is a layout of text; --format csv"):
        main([str(three.root), "--by-trainer", "--format", "csv"])
    main([str(three.root), "--by-trainer", "--format", "github"])
    assert "| RAdaCoOp" in capsys.readouterr().out
