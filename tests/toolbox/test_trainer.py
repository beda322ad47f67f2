"""Trainers: Dassl's log lines, files and behaviour."""

import os
import re
import sys

import pytest
import torch
from torch import nn

from dassl.engine import build_trainer

TIMES = re.compile(
    r"(time|data) \d+\.\d{3} \(\d+\.\d{3}\)|eta \d+:\d\d:\d\d|Elapsed: \d+:\d\d:\d\d"
)
NUMBERS = re.compile(r"(loss|acc) \d+\.\d{4} \(\d+\.\d{4}\)")


def shape_of(line):
    """A log line without what differs from run to run."""
    line = TIMES.sub(lambda m: m[0].split()[0], line)
    return NUMBERS.sub(lambda m: m[0].split()[0], line)


def test_training_prints_dassls_lines(golden, cfg, synth, capsys):
    """The lines of a real run of CoOp, from the evaluator on: same order, same format."""
    log = golden("e2e_logs.json")["runs"]["coop_train_base"]["log"]
    expected = log[log.index("Loading evaluator: Classification") :]
    golden_shape = re.compile(r"(time|data) \{T\} \(\{T\}\)|(eta|Elapsed:) \{T\}")
    expected = [golden_shape.sub(lambda m: m[0].split()[0], line) for line in expected]
    expected = [shape_of(line) for line in expected]
    cfg.OPTIM.MAX_EPOCH = 2
    cfg.TEST.PER_CLASS_RESULT = True
    synth(train_x=16, test=24, classes=4)
    build_trainer(cfg).train()
    lines = [shape_of(line) for line in capsys.readouterr().out.splitlines()]
    lines = lines[lines.index("Loading evaluator: Classification") :]
    lines = [line.replace(cfg.OUTPUT_DIR, "WORK/out_coop_base") for line in lines]
    lines = [
        line.replace("/first/", "/prompt_learner/") for line in lines if "/second/" not in line
    ]

    def without_results(all_lines):
        return [line for line in all_lines if not re.search(r"^\* (class|[a-z0-9_]+): ", line)]

    assert without_results(lines) == without_results(expected)
    assert [line.split(":")[0] for line in lines] == [line.split(":")[0] for line in expected]


def test_files_are_dassls(golden, cfg):
    expected = golden("e2e_logs.json")["runs"]["coop_train_base"]["output_dir"]
    cfg.OPTIM.MAX_EPOCH = 2
    build_trainer(cfg).train()
    found = {os.path.join(f, n) for f, _, names in os.walk(cfg.OUTPUT_DIR) for n in names}
    found = {os.path.relpath(path, cfg.OUTPUT_DIR) for path in found}
    found = {re.sub(r"tfevents\..*", "tfevents.{X}", path) for path in found}
    names = {name.replace("prompt_learner", m) for name, _ in expected for m in ("first", "second")}
    assert found == names - {"log.txt"}


def test_checkpoint_frequency(cfg):
    cfg.TRAIN.CHECKPOINT_FREQ = 3
    cfg.TEST.NO_TEST = True
    build_trainer(cfg).train()
    files = sorted(os.listdir(f"{cfg.OUTPUT_DIR}/first"))
    assert files == ["checkpoint", "model.pth.tar-3", "model.pth.tar-4"]


def test_print_frequency(cfg, capsys):
    cfg.TRAIN.PRINT_FREQ = 2
    cfg.OPTIM.MAX_EPOCH = 1
    build_trainer(cfg).train()
    found = re.findall(r"batch \[(\d)/5\]", capsys.readouterr().out)
    assert found == ["2", "4"]


@pytest.mark.parametrize(("count", "steps"), [("train_x", 5), ("train_u", 2), ("smaller_one", 2)])
def test_labelled_and_unlabelled_batches(count, steps, cfg, synth):
    """The shorter loader starts again."""
    synth(train_u=9)
    cfg.TRAINER.NAME = "LinearXU"
    cfg.TRAIN.COUNT_ITER = count
    cfg.OPTIM.MAX_EPOCH = 2
    trainer = build_trainer(cfg)
    trainer.train()
    assert trainer.steps == 2 * steps
    assert trainer.unlabelled_shape == (4, 3, 32, 32)


def test_unlabelled_mistakes_are_named(cfg, synth):
    cfg.TRAINER.NAME = "LinearXU"
    with pytest.raises(ValueError, match=r"Synth has no unlabelled data \(train_u\)"):
        build_trainer(cfg).train()
    synth(train_u=9)
    cfg.TRAIN.COUNT_ITER = "both"
    with pytest.raises(ValueError, match="COUNT_ITER is one of"):
        build_trainer(cfg).train()


def test_validation_falls_back_to_test(cfg, synth, capsys):
    synth(val=0)
    build_trainer(cfg).test(split="val")
    assert "Evaluate on the *test* set" in capsys.readouterr().out


def test_nan_loss_stops(golden, cfg):
    trainer = build_trainer(cfg)
    with pytest.raises(FloatingPointError) as caught:
        trainer.model_backward(torch.tensor(float("nan"), requires_grad=True))
    assert str(caught.value) == golden("dassl_messages.json")["detect_anomaly"][1]


def test_missing_tensorboard_is_one_note(cfg, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    cfg.OPTIM.MAX_EPOCH = 1
    build_trainer(cfg).train()
    lines = capsys.readouterr().out
    assert lines.count("tensorboard is not installed") == 1
    assert "Finish training" in lines


def test_tensorboard_ends_with_the_training(cfg):
    """A test afterwards writes no second event file."""
    cfg.OPTIM.MAX_EPOCH = 1
    trainer = build_trainer(cfg)
    trainer.train()
    trainer.test()
    assert len(os.listdir(f"{cfg.OUTPUT_DIR}/tensorboard")) == 1


def test_unknown_trainer_suggests_the_nearest(cfg):
    cfg.TRAINER.NAME = "Liner"
    with pytest.raises(ValueError, match=r"got \[Liner\] \(do you mean \[Linear\]\?\)"):
        build_trainer(cfg)


def test_names_and_modes(cfg):
    trainer = build_trainer(cfg)
    assert trainer.get_model_names() == ["first", "second"]
    assert trainer.get_model_names("second") == ["second"]
    with pytest.raises(AssertionError, match="unknown model"):
        trainer.get_model_names("third")
    with pytest.raises(AssertionError, match="Found duplicate model names"):
        trainer.register_model("first", nn.Linear(1, 1))
    trainer.set_model_mode("eval", "first")
    assert not trainer.first.training
    with pytest.raises(KeyError, match="dance"):
        trainer.set_model_mode("dance")
