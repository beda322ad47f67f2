"""The schedule by steps: linear warm-up, then a cosine to zero (WiSE-FT, FLYP)."""

import math

import pytest
import torch
from yacs.config import CfgNode

from rada.engine.optim import step_schedule


def rates(steps: int, warmup: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    node = CfgNode({"LR_SCHEDULER": "cosine", "WARMUP_EPOCH": -1, "WARMUP_STEPS": warmup})
    schedule, found = step_schedule(optimizer, node, steps), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_rates_are_those_of_the_formula():
    expected = [2.0 * (i + 1) / 10 for i in range(10)]
    expected += [1.0 + math.cos(math.pi * e / 90) for e in range(90)]
    assert rates(100, 10) == pytest.approx(expected)


def test_warm_up_takes_a_tenth_of_the_steps_at_most(capsys):
    found = rates(50, 500)
    assert found[:6] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0, 2.0])
    assert "Warming up for 5 of 50 steps, not 500" in capsys.readouterr().out


@pytest.mark.parametrize("key, value", [("LR_SCHEDULER", "single_step"), ("WARMUP_EPOCH", 1)])
def test_a_schedule_by_epochs_beside_it_is_refused(key, value):
    node = CfgNode({"LR_SCHEDULER": "cosine", "WARMUP_EPOCH": -1, "WARMUP_STEPS": 5, key: value})
    with pytest.raises(ValueError, match="LR_SCHEDULER cosine and WARMUP_EPOCH -1"):
        step_schedule(torch.optim.SGD([torch.zeros(1)], lr=1.0), node, 10)


def test_a_training_follows_it_step_by_step(run_train, tmp_path):
    options = ("TRAIN.LOOP", "steps", "OPTIM.WARMUP_STEPS", "1", "OPTIM.WARMUP_EPOCH", "-1")
    options += ("OPTIM.MAX_EPOCH", "3", "TRAIN.PRINT_FREQ", "1", "OPTIM.LR", "0.01")
    trainer = run_train("CoOp", tmp_path, *options)
    lines = (tmp_path / "log.txt").read_text().splitlines()
    found = [
        float(line.split(" lr ")[1].split()[0]) for line in lines if line.startswith("epoch [")
    ]
    steps = 3 * len(trainer.train_loader_x)
    expected = [0.005 * (1 + math.cos(math.pi * step / (steps - 1))) for step in range(steps)]
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-9)
