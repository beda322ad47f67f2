"""Mistakes of test-time training end in one line that says what is wrong, and nothing is lost."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

import train
from rada.backbones.backbone import Backbone
from tests.trainers.adapting import predictions
from tests.trainers.runs import OPTIONS, command_line

FEW_VIEWS = ("TEST.VIEWS", "8", "TEST.KEEP", "0.3", "TEST.EPISODES", "2")


def test_what_needs_a_checkpoint_and_what_has_no_use_for_one(mistake, tmp_path):
    assert "tunes a trained CoOp at test time; train CoOp" in mistake("CoOpTPT")
    assert "starts from a trained CoOp" in mistake("CoOpTPT", extra=("--eval-only",))
    extra = ("--eval-only", "--model-dir", str(tmp_path))
    assert "TPT starts from words" in mistake("TPT", extra=extra)


def test_checkpoints_of_other_trainers_settings_and_classes(mistake, run_train, tmp_path):
    run_train("CoOp", tmp_path / "coop", "OPTIM.MAX_EPOCH", "1")
    extra = ("--eval-only", "--model-dir", str(tmp_path / "coop"))
    words = mistake("CoOpTPT", opts=("TRAINER.COOP.CTX_INIT", "a"), extra=extra)
    assert "TRAINER.COOP.CTX_INIT = a photo of a" in words
    words = mistake("CoCoOpTPT", extra=extra)
    assert "TRAINER.COCOOP.CTX_INIT = nothing, this run has a photo of a" in words
    run_train("RAda", tmp_path / "rada", "OPTIM.MAX_EPOCH", "1")
    extra = ("--eval-only", "--model-dir", str(tmp_path / "rada"))
    opts = ("TRAINER.RADATPT.CTX_INIT", "a picture of a")
    words = mistake("RAdaTPTPretrained", opts=opts, extra=extra)
    assert "TEMPLATE = a photo of a {}., this run has a picture of a {}." in words
    specific = ("TRAINER.COOP.CSC", "True", "TRAINER.COOP.CTX_INIT", "")
    run_train("CoOp", tmp_path / "csc", "OPTIM.MAX_EPOCH", "1", *specific)
    extra = ("--eval-only", "--model-dir", str(tmp_path / "csc"))
    opts = ("DATASET.SUBSAMPLE_CLASSES", "new", *specific)
    assert "classes = face, leopard" in mistake("CoOpTPT", opts=opts, extra=extra)


def test_statistics_need_a_finished_training(mistake, run_train, tmp_path):
    run_train("MaPLe", tmp_path / "maple", "OPTIM.MAX_EPOCH", "1")
    (tmp_path / "maple" / "results.json").unlink()
    extra = ("--eval-only", "--model-dir", str(tmp_path / "maple"))
    assert "finish that training first" in mistake("PromptAlign", extra=extra)


def test_an_unfinished_test_with_other_settings_is_not_gone_on_with(mistake, tmp_path, monkeypatch):
    part = tmp_path / "out" / "predictions_test.jsonl.part"
    monkeypatch.setattr("rada.trainers.tpt.TPT.model_inference", fail)
    assert "enough" in mistake("TPT", opts=FEW_VIEWS)
    words = mistake("TPT", opts=(*FEW_VIEWS, "TEST.OPTIM.LR", "0.1"))
    assert f"{part} was made with TEST.OPTIM.LR = 0.005, this run has 0.1" in words
    part.write_text("{broken\n")
    assert f"{part}, line 1: it is damaged" in mistake("TPT", opts=FEW_VIEWS)


def fail(self, views):
    raise ValueError("enough")


@pytest.fixture
def on_a_copy(caltech_root, tiny_clip, tmp_path, monkeypatch):
    """Arguments of train.py for TPT on the tiny Caltech101 in a folder of its own."""
    root = tmp_path / "data"
    shutil.copytree(caltech_root, root)
    words = command_line(root, tiny_clip, "TPT", tmp_path / "out")
    return [*words, *OPTIONS, *FEW_VIEWS, "DATASET.CHECK_PICTURES", "False"]


def test_an_unreadable_picture_is_named_and_the_rest_is_kept(on_a_copy, tmp_path, capsys):
    arguments = on_a_copy
    trainer = train.main([*arguments, "TEST.STEPS", "0"])
    whole = predictions(tmp_path / "out")
    items = trainer.dm.dataset.test
    victim = Path(items[7].impath)
    good = victim.read_bytes()
    victim.write_bytes(b"no picture")
    shutil.rmtree(tmp_path / "out")
    assert train.cli([*arguments, "TEST.STEPS", "0"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and str(victim) in error
    part = tmp_path / "out" / "predictions_test.jsonl.part"
    assert len(part.read_text().splitlines()) == 1 + 6  # whole batches of two before it
    victim.write_bytes(good)
    assert train.cli([*arguments, "TEST.STEPS", "0"]) == 0
    assert predictions(tmp_path / "out") == whole


@pytest.mark.parametrize("value, kind", [(0.0, "zero"), (float("nan"), "not finite")])
def test_the_picture_of_a_bad_feature_is_named(value, kind, on_a_copy, monkeypatch, capsys):
    """An encoder that fails on a grey picture, the fourth of the test."""
    arguments = [*on_a_copy]
    arguments.insert(0, "--no-train")
    victim = train.main(arguments).dm.dataset.test[3].impath
    arguments.remove("--no-train")
    Image.new("RGB", (60, 40), "grey").save(victim)
    encode = Backbone.encode_image

    def fails_on_grey(self, images, *args, **kwargs):
        features = encode(self, images, *args, **kwargs)
        grey = images.flatten(2).std(2).amax(1) < 1e-3
        return features.masked_fill(grey[:, None], value)

    monkeypatch.setattr(Backbone, "encode_image", fails_on_grey)
    assert train.cli(arguments) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert victim in error and f"image feature 0 is {kind}" in error


def test_a_rate_that_breaks_everything_is_named(on_a_copy, capsys):
    wild = ("TEST.OPTIM.LR", "1000", "TEST.OPTIM.WEIGHT_DECAY", "1000", "TEST.STEPS", "9")
    assert train.cli([*on_a_copy, *wild]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert ".jpg: " in error and ("TEST.OPTIM.LR" in error or "not finite" in error)


def test_a_stopped_run_says_that_it_goes_on(on_a_copy, monkeypatch, capsys):
    def stopped(self, views):
        raise KeyboardInterrupt

    monkeypatch.setattr("rada.trainers.tpt.TPT.model_inference", stopped)
    assert train.cli(on_a_copy) == 130
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == "stopped; the same command goes on from here"
