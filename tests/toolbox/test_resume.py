"""A run that was cut and goes on ends as one that was not, bit for bit."""

import os
import re
import shutil

import pytest
import torch

from dassl.engine import SimpleTrainer, build_trainer
from dassl.utils import load_checkpoint, set_random_seed

from .conftest import Linear


class Killed(Exception):
    """Stands for kill -9."""


def train(cfg, folder, kill_after=None, monkeypatch=None):
    """Train into a folder, from a fixed seed; optionally be killed after some epochs.

    Returns:
        The trainer and the learning rates that each of its batches logged.
    """
    cfg.OUTPUT_DIR = str(folder)
    set_random_seed(1)
    trainer = build_trainer(cfg)
    rates, write, after_epoch = [], trainer.write_scalar, trainer.after_epoch

    def write_scalar(tag, value, step=None):
        rates.extend([(step, value)] if tag == "train/lr" else [])
        write(tag, value, step)

    def killed_after_epoch():
        after_epoch()
        if trainer.epoch + 1 == kill_after:
            raise Killed

    trainer.write_scalar, trainer.after_epoch = write_scalar, killed_after_epoch
    if kill_after:
        with pytest.raises(Killed):
            trainer.train()
        trainer.close_writer()
    else:
        trainer.train()
    return trainer, rates


def weights(trainer):
    return torch.cat([p.flatten() for p in trainer.model.parameters()])


@pytest.mark.parametrize("kill_after", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        ("WARMUP_EPOCH", 2, "WARMUP_TYPE", "linear"),
        ("WARMUP_EPOCH", 1, "NAME", "adam"),
        ("WARMUP_EPOCH", -1, "LR_SCHEDULER", "multi_step", "STEPSIZE", (2, 3)),
    ],
    ids=lambda settings: "-".join(map(str, settings)),
)
def test_resumed_run_equals_an_undisturbed_one(kill_after, settings, cfg, tmp_path):
    """Crops, flips, dropout, order, momentum and schedule all go on where they were."""
    cfg.TRAIN.CHECKPOINT_FREQ = 1
    for key, value in zip(settings[::2], settings[1::2], strict=True):
        cfg.OPTIM[key] = value
    straight, expected = train(cfg, tmp_path / "a")
    _, before = train(cfg, tmp_path / "b", kill_after)
    resumed, after = train(cfg, tmp_path / "b")
    assert before + after == expected
    assert torch.equal(weights(resumed), weights(straight))
    for name in ("first", "second"):
        last = [load_checkpoint(f"{tmp_path}/{f}/{name}/model.pth.tar-4") for f in "ab"]
        assert last[0]["scheduler"] == last[1]["scheduler"]
        assert last[0]["rng"]["python"] == last[1]["rng"]["python"]


def test_resume_says_what_it_does(cfg, tmp_path, capsys):
    cfg.TRAIN.CHECKPOINT_FREQ = 1
    train(cfg, tmp_path, kill_after=2)
    capsys.readouterr()
    train(cfg, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    start = lines.index(f"Found checkpoint at {tmp_path} (will resume training)")
    assert lines[start + 1 : start + 6] == [
        f'Loading checkpoint from "{tmp_path}/first/model.pth.tar-2"',
        "Loaded model weights",
        "Loaded optimizer",
        "Loaded scheduler",
        "Previous epoch: 2",
    ]
    assert re.search(r"epoch \[3/4\] batch \[1/5\] .* lr 1.7071e-03 ", "\n".join(lines))


def test_kill_between_two_models_goes_back_an_epoch(cfg, tmp_path):
    """The newest epoch that all models have counts, whatever `checkpoint` points to."""
    cfg.TRAIN.CHECKPOINT_FREQ = 1
    straight, _ = train(cfg, tmp_path / "a")
    train(cfg, tmp_path / "b", kill_after=3)
    os.remove(tmp_path / "b" / "second" / "model.pth.tar-3")
    resumed, rates = train(cfg, tmp_path / "b")
    assert rates[0][0] == 10  # the first batch of the third epoch
    assert torch.equal(weights(resumed), weights(straight))


def test_one_model_without_any_checkpoint_starts_anew(cfg, tmp_path, capsys):
    cfg.TRAIN.CHECKPOINT_FREQ = 1
    train(cfg, tmp_path, kill_after=2)
    shutil.rmtree(tmp_path / "second")
    capsys.readouterr()
    _, rates = train(cfg, tmp_path)
    assert "No checkpoint found, train from scratch\n" in capsys.readouterr().out
    assert rates[0][0] == 0


def test_best_result_survives(cfg, tmp_path, monkeypatch):
    """A worse epoch after the resume does not replace the best; the best one is deployed."""
    cfg.TEST.FINAL_MODEL = "best_val"
    test = SimpleTrainer.test
    results = {0: 10.0, 1: 30.0, 2: 20.0, 3: 25.0}
    monkeypatch.setattr(
        Linear, "test", lambda self, split=None: results[self.epoch] if split else test(self)
    )
    train(cfg, tmp_path, kill_after=2)
    resumed, rates = train(cfg, tmp_path)
    assert rates[0][0] == 10
    assert resumed.best_result == 30.0
    assert load_checkpoint(f"{tmp_path}/first/model-best.pth.tar")["epoch"] == 2


def test_finished_run_is_only_tested_again(cfg, tmp_path, capsys):
    train(cfg, tmp_path)
    capsys.readouterr()
    _, rates = train(cfg, tmp_path)
    assert rates == []
    assert "Evaluate on the *test* set" in capsys.readouterr().out


def test_resume_from_another_folder(cfg, tmp_path):
    cfg.TRAIN.CHECKPOINT_FREQ = 1
    straight, _ = train(cfg, tmp_path / "a")
    train(cfg, tmp_path / "b", kill_after=2)
    cfg.RESUME = str(tmp_path / "b")
    resumed, _ = train(cfg, tmp_path / "c")
    assert torch.equal(weights(resumed), weights(straight))
    assert sorted(os.listdir(tmp_path / "c")) == ["first", "second", "tensorboard"]
