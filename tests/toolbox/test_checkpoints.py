"""Checkpoints: Dassl's files and lines, plain types only, never half written."""

import os

import numpy as np
import pytest
import torch
from torch import nn

from dassl.utils import (
    load_checkpoint,
    load_pretrained_weights,
    resume_from_checkpoint,
    save_checkpoint,
)


def state(epoch=7, **more):
    model = nn.DataParallel(nn.Linear(3, 2))
    nothing = {"optimizer": None, "scheduler": None, "val_result": None}
    return {"state_dict": model.state_dict(), "epoch": epoch, **nothing, **more}


@pytest.fixture
def messages(golden):
    return golden("dassl_messages.json")


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "ck")


def test_files_lines_and_keys_are_dassls(folder, tmp_path, messages, capsys):
    given = state()
    save_checkpoint(given, folder, is_best=True)
    lines = capsys.readouterr().out.replace(str(tmp_path), "TMP").splitlines()
    assert lines == messages["save_checkpoint_lines"]
    assert sorted(os.listdir(folder)) == messages["save_checkpoint_files"]
    with open(f"{folder}/checkpoint") as file:
        assert file.read() == messages["checkpoint_file_text"]
    saved = torch.load(f"{folder}/model.pth.tar-7", weights_only=True)
    assert sorted(saved) == sorted([*messages["saved_keys"], "rng"])
    assert sorted(saved["state_dict"]) == messages["saved_state_dict_keys"]
    assert "rng" not in given
    best = load_checkpoint(f"{folder}/model-best.pth.tar")
    assert torch.equal(best["state_dict"]["weight"], given["state_dict"]["module.weight"])


def test_prefix_of_data_parallel_may_stay(folder):
    save_checkpoint(state(), folder, remove_module_from_keys=False, model_name="model-x")
    saved = load_checkpoint(f"{folder}/model-x")
    assert sorted(saved["state_dict"]) == ["module.bias", "module.weight"]


def test_relatives_of_plain_types_become_plain(folder):
    """numpy numbers, as evaluators return them, and a MultiStepLR's Counter."""
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    more = {"val_result": np.float64(61.5), "scheduler": schedule.state_dict()}
    save_checkpoint(state(**more, curve=np.arange(3)), folder)
    saved = load_checkpoint(f"{folder}/model.pth.tar-7")
    assert type(saved["val_result"]) is float
    assert type(saved["scheduler"]["milestones"]) is dict
    assert saved["curve"].tolist() == [0, 1, 2]


def test_objects_are_refused_when_saving(folder):
    with pytest.raises(TypeError, match=r"cannot hold state.scheduler.successor: object is no"):
        save_checkpoint(state(scheduler={"successor": object()}), folder)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("moment", ["writing", "replacing", "pointing"])
def test_failure_while_saving_leaves_the_former_checkpoint(moment, folder, monkeypatch):
    save_checkpoint(state(), folder)
    before = load_checkpoint(f"{folder}/model.pth.tar-7")
    later = state(epoch=8) if moment == "pointing" else state(epoch=7)
    save, replace = torch.save, os.replace

    def half(content, file):
        file.write(b"half")
        raise RuntimeError("no space left on device")

    def failing(source, target):
        if moment == "replacing" or target.endswith("checkpoint"):
            raise OSError("no space left on device")
        replace(source, target)

    monkeypatch.setattr(torch, "save", half if moment == "writing" else save)
    monkeypatch.setattr(os, "replace", replace if moment == "writing" else failing)
    with pytest.raises(OSError, match="cannot save .* no space left on device; is the disk full"):
        save_checkpoint(later, folder)
    monkeypatch.undo()
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]
    with open(f"{folder}/checkpoint") as file:
        assert file.read() == "model.pth.tar-7\n"
    after = load_checkpoint(f"{folder}/model.pth.tar-7")
    assert torch.equal(before["state_dict"]["weight"], after["state_dict"]["weight"])


def test_resume_restores_weights_and_random_numbers(folder, capsys):
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    more = {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}
    save_checkpoint(state(**more), folder)
    expected = torch.rand(3)
    other = nn.Linear(3, 2)
    adam = torch.optim.Adam(other.parameters(), lr=0.5)
    assert resume_from_checkpoint(folder, other, adam) == 7
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(model.weight, other.weight)
    assert adam.param_groups[0]["lr"] == 0.1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["Loaded optimizer", "Previous epoch: 7"]  # no schedule was given


def test_pretrained_weights_that_fit(folder, tmp_path, messages, capsys):
    save_checkpoint(state(), folder)
    capsys.readouterr()
    model = nn.Linear(3, 2)
    model.bias = nn.Parameter(torch.zeros(5))
    path = f"{folder}/model.pth.tar-7"
    load_pretrained_weights(model, path)
    lines = capsys.readouterr().out.replace(str(tmp_path), "TMP").splitlines()
    assert lines == messages["load_pretrained_lines"]
    assert torch.equal(model.weight, load_checkpoint(path)["state_dict"]["weight"])
    with pytest.warns(UserWarning, match="check the key names manually"):
        load_pretrained_weights(nn.Linear(9, 9), path)


def test_files_that_cannot_be_loaded(folder, tmp_path, messages, capsys):
    with pytest.raises(FileNotFoundError) as caught:
        load_checkpoint("/nonexistent/x")
    assert str(caught.value) == messages["load_checkpoint_missing"][1]
    with pytest.raises(ValueError, match="path") as caught:
        load_checkpoint(None)
    assert str(caught.value) == messages["load_checkpoint_none"][1]
    path = str(tmp_path / "broken")
    with open(path, "wb") as file:
        file.write(b"half a file")
    with pytest.raises(ValueError, match=f"{path} cannot be read"):
        load_checkpoint(path)
    assert capsys.readouterr().out == f'Unable to load checkpoint from "{path}"\n'
    torch.save({"scheduler": torch.optim.lr_scheduler.StepLR}, path)
    with pytest.raises(ValueError, match="it holds a torch.optim.lr_scheduler.StepLR"):
        load_checkpoint(path)
