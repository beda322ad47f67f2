"""What may befall a training by steps ends in one clear line, and nothing saved is lost."""

import errno
import os
import signal

import pytest
import torch

import train
from rada.engine import checkpoints
from rada.engine.trainer import CLIPTrainer
from tests.trainers.runs import OPTIONS, STEPS, command_line, shallow


def test_a_damaged_checkpoint_is_refused(stopped, run_train):
    file = stopped / "running.pth.tar"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match="running.pth.tar cannot be read"):
        run_train("FT", stopped, *STEPS)


def test_a_full_disk_leaves_the_last_good_checkpoint(stopped, mistake, monkeypatch, tmp_path):
    before = (stopped / "running.pth.tar").read_bytes()

    def save(state, file):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.torch, "save", save)
        error = mistake("FT", opts=(*STEPS, "DATASET.SUBSAMPLE_CLASSES", "base"))
    assert "cannot write" in error and "No space left on device" in error
    assert f"the one before is whole: {stopped}/running.pth.tar" in error
    assert (stopped / "running.pth.tar").read_bytes() == before
    assert not list(stopped.glob(".running*"))


def nan_at(step: int):
    """A criterion that is NaN from a step on."""
    whole, calls = CLIPTrainer.criterion, []

    def criterion(self, output, images, labels):
        calls.append(labels)
        loss = whole(self, output, images, labels)
        return loss * float("nan") if len(calls) > step else loss

    return criterion


def test_nan_says_when_and_on_which_pictures(mistake, monkeypatch, tmp_path, caltech_root):
    monkeypatch.setattr(CLIPTrainer, "criterion", nan_at(2))
    error = mistake("FT", opts=(*STEPS, "DATASET.SUBSAMPLE_CLASSES", "base"))
    assert "Loss is infinite or NaN at epoch 1, batch 3 of 4, on " in error
    assert error.count(str(caltech_root)) == 3 and "and 1 more" in error
    good = tmp_path / "out" / "running.pth.tar"
    assert f"the last good checkpoint is {good}" in error
    state = torch.load(good, weights_only=True)
    assert (state["epoch"], state["batch"]) == (0, 2)


def test_weights_that_diverge_say_when(mistake, tmp_path):
    """They show in the features, before there is a loss."""
    wild = ("OPTIM.LR", "1000", "OPTIM.NAME", "sgd", "TRAIN.CLIP_NORM", "0.0")
    error = mistake("FT", opts=(*STEPS, *wild, "DATASET.SUBSAMPLE_CLASSES", "base"))
    assert "not finite" in error and "epoch 1, batch" in error and "set TRAIN.CLIP_NORM" in error


def test_an_overflow_leaves_the_step_out_for_all(run_train, tmp_path):
    """Of a scaled gradient: neither module moves, and the scale is halved."""
    trainer = run_train("FT", tmp_path, *STEPS, arguments=("--no-train",))
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    trainer.epoch = trainer.start_epoch = trainer.batch_idx = 0
    trainer.num_batches = 4
    trainer.before_epoch()
    before = [p.detach().clone() for m in trainer._models.values() for p in m.parameters()]
    first = next(trainer._models["image_encoder"].parameters())
    hook = first.register_hook(lambda gradient: gradient * float("nan"))
    trainer.forward_backward(next(iter(trainer.train_loader_x)))
    after = [p for m in trainer._models.values() for p in m.parameters()]
    assert all(map(torch.equal, before, after)) and trainer.scaler.get_scale() == 512.0
    hook.remove()
    trainer.forward_backward(next(iter(trainer.train_loader_x)))
    assert not all(map(torch.equal, before, after))


def test_weights_that_are_not_finite_are_not_saved(stopped, run_train, monkeypatch):
    before = (stopped / "running.pth.tar").read_bytes()
    whole = CLIPTrainer.update

    def update(self, names):
        whole(self, names)
        next(self._models["linear"].parameters()).data.fill_(float("inf"))

    monkeypatch.setattr(CLIPTrainer, "update", update)
    with pytest.raises(FloatingPointError, match="learned tensor weight is not finite after epoch"):
        run_train("FT", stopped, *STEPS)
    assert (stopped / "running.pth.tar").read_bytes() == before


def test_a_dead_worker_is_one_line(caltech_root, tiny_clip, tmp_path, monkeypatch, capfd):
    from rada.data.data_order import SeededPictures

    def dies(self, place):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(SeededPictures, "__getitem__", dies)
    command = command_line(caltech_root, tiny_clip, "FT", tmp_path)
    options = [*OPTIONS, *shallow("FT"), *STEPS, "DATALOADER.NUM_WORKERS", "1"]
    assert train.cli([*command, *options]) == 2
    error = [x for x in capfd.readouterr().err.splitlines() if x.startswith("error: ")]
    assert len(error) == 1 and "a process that loads pictures has died" in error[0]
    assert "lower DATALOADER.NUM_WORKERS (now 1)" in error[0]


def test_a_finished_run_is_not_trained_again(run_train, tmp_path, monkeypatch):
    run_train("FT", tmp_path, *STEPS)
    monkeypatch.setattr(CLIPTrainer, "forward_backward", None)
    again = run_train("FT", tmp_path, *STEPS, arguments=("--resume", "auto"))
    assert again.start_epoch == 2 and "test/accuracy" in again.metrics


def test_resume_names_a_folder_without_a_run(run_train, tmp_path):
    with pytest.raises(FileNotFoundError, match="RESUME: no running.pth.tar in"):
        run_train("FT", tmp_path / "out", arguments=("--resume", str(tmp_path / "nothing")))
