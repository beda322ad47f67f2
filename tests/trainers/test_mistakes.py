"""A user's mistake ends in one line that says what is wrong and what to do, and exit code 2."""

import os
import subprocess
import sys

import pytest
import torch

from rada.backbones.weights import TINY_CLIP
from tests.trainers.runs import OPTIONS, command_line


def test_backbone_file_that_is_no_clip(mistake, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pt")
    assert "not a CLIP checkpoint" in mistake(replace=[("--backbone", tmp_path / "a.pt")])


def test_no_checkpoint_is_an_error_not_a_retrain(mistake, tmp_path):
    extra = ("--eval-only", "--model-dir", str(tmp_path / "none"))
    assert "Model not found" in mistake(extra=extra)
    assert not (tmp_path / "out" / "results.json").exists()


def test_checkpoint_of_another_trainer_or_setting(mistake, run_train, tmp_path):
    run_train("CoOp", tmp_path / "model", "OPTIM.MAX_EPOCH", "1")
    extra = ("--eval-only", "--model-dir", str(tmp_path / "model"))
    assert "TRAINER.COOP.CTX_INIT" in mistake(opts=("TRAINER.COOP.CTX_INIT", "a"), extra=extra)
    assert "Model not found" in mistake("RAda", extra=extra)
    assert "TRAINER.NAME = CoOp, this run has RAdaCoOp" in mistake("RAdaCoOp", extra=extra)
    replace = [("--backbone", TINY_CLIP)]
    assert "MODEL.BACKBONE.NAME" in mistake(extra=extra, replace=replace)


def test_class_specific_contexts_fit_their_classes_only(mistake, run_train, tmp_path):
    options = ("TRAINER.COOP.CSC", "True", "TRAINER.COOP.CTX_INIT", "")
    run_train("CoOp", tmp_path / "model", "OPTIM.MAX_EPOCH", "1", *options)
    extra = ("--eval-only", "--model-dir", str(tmp_path / "model"))
    opts = ("DATASET.SUBSAMPLE_CLASSES", "new", *options)
    assert "classes = face, leopard" in mistake(opts=opts, extra=extra)


def test_damaged_checkpoint_is_named(mistake, run_train, tmp_path):
    run_train("CoOp", tmp_path / "model", "OPTIM.MAX_EPOCH", "1")
    file = tmp_path / "model" / "prompt_learner" / "model.pth.tar-1"
    file.write_bytes(file.read_bytes()[:1000])
    assert str(file) in mistake(extra=("--eval-only", "--model-dir", str(tmp_path / "model")))


@pytest.fixture
def broken_root(caltech_root, tmp_path):
    """The tiny Caltech101 with ants that are no pictures."""
    for path in caltech_root.rglob("*"):
        target = tmp_path / "data" / path.relative_to(caltech_root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            target.write_bytes(b"no picture" if "ant/" in str(path) else path.read_bytes())
    return tmp_path / "data"


def test_unreadable_picture_is_named(mistake, broken_root):
    opts = ("DATASET.SUBSAMPLE_CLASSES", "new")
    line = mistake("ZeroshotCLIP", opts, [("--root", broken_root)])
    folder = f"{broken_root}/caltech-101/101_ObjectCategories"
    assert f'cannot read picture "{folder}/ant/' in line


def test_unreadable_picture_is_named_by_workers_too(broken_root, tiny_clip, tmp_path):
    command = command_line(broken_root, tiny_clip, "ZeroshotCLIP", tmp_path / "out")
    workers = ("DATASET.SUBSAMPLE_CLASSES", "new", "DATALOADER.NUM_WORKERS", "2")
    code, line = in_a_process([*command, *OPTIONS, *workers])
    assert code == 2 and line.startswith('error: cannot read picture "')


def in_a_process(arguments: list[str]) -> tuple[int, str]:
    """Exit code and last line on stderr of train.py."""
    command = [sys.executable, "train.py", *arguments]
    environment = {**os.environ, "DASSL": "bundled"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert "Traceback" not in result.stderr and result.stderr.count("error: ") == 1
    return result.returncode, result.stderr.splitlines()[-1]


def test_features_that_are_not_finite_name_their_pictures(mistake, tmp_path, tiny_clip):
    weights = torch.load(tiny_clip, weights_only=True)
    torch.save(
        {**weights, "visual.proj": weights["visual.proj"] * float("nan")}, tmp_path / "nan.pt"
    )
    line = mistake("RAdaCoOp", replace=[("--backbone", tmp_path / "nan.pt")])
    assert "image feature 0 is not finite" in line and "image_0" in line


def test_logits_that_are_not_finite_name_their_pictures(mistake, run_train, tmp_path):
    run_train("RAda", tmp_path / "model", "OPTIM.MAX_EPOCH", "1")
    file = tmp_path / "model" / "mask" / "model.pth.tar-1"
    checkpoint = torch.load(file, weights_only=True)
    checkpoint["state_dict"]["out.bias"].fill_(1e38)  # finite, unlike what it leads to
    torch.save(checkpoint, file)
    line = mistake("RAda", extra=("--eval-only", "--model-dir", str(tmp_path / "model")))
    assert "the logits are not finite, as after a training that diverged" in line
    assert "(batch of " in line and "image_0" in line


def test_output_folder_that_cannot_be_written(mistake, tmp_path):
    (tmp_path / "file").write_text("in the way")
    line = mistake(replace=[("--output-dir", tmp_path / "file" / "out")])
    assert str(tmp_path / "file") in line


def test_exit_code_is_two_and_the_traceback_is_in_the_log(caltech_root, tiny_clip, tmp_path):
    command = command_line(caltech_root, tiny_clip, "CoOp", tmp_path)
    code, _ = in_a_process([*command, *OPTIONS, "TRAINER.COOP.CTX_INIT", "a " * 76 + "photo"])
    assert code == 2
    assert "Traceback" in (tmp_path / "log.txt").read_text()
