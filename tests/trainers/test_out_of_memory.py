"""Running out of memory ends in one line that names B, K and what lowers them, and exit code 2."""

import errno

import pytest
import torch

from rada.classifier import CLIPClassifier
from rada.encoders.prompts import PromptEncoder
from rada.engine.errors import is_shortage, memory_errors


def exhaust(*_):
    """Ask the allocator for more than any machine has."""
    torch.empty(10**15)


def test_in_training(mistake, monkeypatch):
    monkeypatch.setattr(CLIPClassifier, "forward", exhaust)
    assert mistake("RAdaCoOp", ("DATASET.SUBSAMPLE_CLASSES", "base")) == (
        "error: out of memory in a training step of B = 4 pictures and K = 4 classes; lower "
        "DATALOADER.TRAIN_X.BATCH_SIZE (now 4), raise TRAIN.ACCUMULATE (now 1), set "
        "TRAIN.ACTIVATION_CHECKPOINTING True, or take fewer classes (DATASET.SUBSAMPLE_CLASSES, "
        "now base)"
    )


def test_what_is_done_already_is_not_advised(mistake, monkeypatch):
    monkeypatch.setattr(CLIPClassifier, "forward", exhaust)
    done = ("DATALOADER.TRAIN_X.BATCH_SIZE", "1", "TRAIN.ACTIVATION_CHECKPOINTING", "True")
    line = mistake("RAdaCoOp", done)
    assert "K = 8 classes; take fewer classes (DATASET.SUBSAMPLE_CLASSES, now all)" in line


def test_in_a_test(mistake, monkeypatch):
    monkeypatch.setattr(CLIPClassifier, "decide", exhaust)
    line = mistake("ZeroshotCLIP", ("DATALOADER.TEST.BATCH_SIZE", "9"))
    assert "out of memory in a test step of B = 9 pictures and K = 8 classes; lower" in line
    assert "lower DATALOADER.TEST.BATCH_SIZE (now 9), or take fewer classes" in line


def test_at_test_time(mistake, monkeypatch):
    monkeypatch.setattr("rada.test_time.episodes.Episodes.__call__", exhaust)
    line = mistake("RAdaTPT", ("TEST.EPISODES", "3", "TEST.VIEWS", "2", "TEST.KEEP", "0.5"))
    assert "in a test step of B = 3 pictures and K = 8 classes; lower TEST.EPISODES (now 3)" in line


def test_outside_of_a_step(mistake, monkeypatch):
    monkeypatch.setattr(PromptEncoder, "__init__", exhaust)
    line = mistake("CoOp", ("DATALOADER.NUM_WORKERS", "1"))
    assert "out of memory with CoOp on " in line and "take fewer classes" in line
    assert line.endswith("a smaller --backbone, or lower DATALOADER.NUM_WORKERS (now 1)")


@pytest.mark.parametrize(
    "error, expected",
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("Cannot allocate memory"), False),
    ],
)
def test_what_counts_as_a_shortage(error, expected):
    assert is_shortage(error) == expected


def test_other_errors_stay_as_they_are():
    with pytest.raises(RuntimeError, match="^shapes$"), memory_errors("here", "do this"):
        raise RuntimeError("shapes")
