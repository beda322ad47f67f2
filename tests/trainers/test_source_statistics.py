"""Token statistics: kept beside the checkpoint, made anew where they do not fit."""

import shutil

import pytest
import torch

from rada.datasets.caltech101 import Caltech101
from rada.trainers.promptalign import FILE
from tests.trainers.adapting import predictions


@pytest.fixture(scope="module")
def kept(trained):
    """The file beside the MaPLe that PromptAlign starts from."""
    return lambda: trained["MaPLe"] / FILE


@pytest.fixture
def first(adapt, kept, tmp_path):
    """What PromptAlign answers with statistics made just now; they are kept."""
    adapt("PromptAlign", tmp_path / "first")
    assert kept().is_file()
    return predictions(tmp_path / "first")


def beside(file) -> set[str]:
    """What is in the checkpoint's folder, but logs."""
    return {path.name for path in file.parent.iterdir() if not path.name.startswith("log.txt")}


MADE = "Token statistics of Caltech101's training pictures (once)"


def test_they_are_made_once(adapt, first, tmp_path, capsys):
    capsys.readouterr()
    adapt("PromptAlign", tmp_path / "second")
    assert MADE not in capsys.readouterr().out
    assert predictions(tmp_path / "second") == first


@pytest.mark.parametrize("content", [b"", b"no tensors", b"half", "tensor", "stranger"])
def test_a_damaged_file_is_made_anew(content, adapt, first, kept, tmp_path, capsys):
    good = kept().read_bytes()
    if isinstance(content, bytes):
        kept().write_bytes(good[:-200] if content == b"half" else content)
    else:
        torch.save(torch.ones(3) if content == "tensor" else {"mean": 1}, kept())
    names = beside(kept())
    adapt("PromptAlign", tmp_path / "second")
    out = capsys.readouterr().out
    assert f"{kept()} is damaged and made anew" in out and MADE in out
    assert predictions(tmp_path / "second") == first
    assert kept().read_bytes() == good and beside(kept()) == names


def test_a_stale_file_is_made_anew(adapt, first, kept, tmp_path, capsys):
    """Of other prompts than those beside it."""
    content = torch.load(kept(), weights_only=True)
    content["made_with"]["prompts"] = "others"
    torch.save(content | {"mean": content["mean"] + 1}, kept())
    capsys.readouterr()
    adapt("PromptAlign", tmp_path / "second")
    out = capsys.readouterr().out
    assert MADE in out and "damaged" not in out
    assert predictions(tmp_path / "second") == first


def test_where_they_cannot_be_kept_the_test_goes_on(adapt, first, kept, tmp_path, capsys):
    """A folder stands where the file should; nothing half written is left beside it."""
    kept().unlink()
    kept().mkdir()
    names = beside(kept())
    try:
        adapt("PromptAlign", tmp_path / "second")
        assert "Not kept: " in capsys.readouterr().out
        assert predictions(tmp_path / "second") == first and beside(kept()) == names
    finally:
        shutil.rmtree(kept())


def test_borders_are_cut_off_as_in_training(adapt, first, kept, tmp_path, monkeypatch):
    """The statistics of a dataset with a border are those of the inner pictures."""
    good = kept().read_bytes()
    mean = torch.load(kept(), weights_only=True)["mean"]
    kept().unlink()
    monkeypatch.setattr(Caltech101, "border", 4)
    adapt("PromptAlign", tmp_path / "second")
    assert (torch.load(kept(), weights_only=True)["mean"] - mean).abs().max() > 1e-3
    kept().write_bytes(good)


def test_an_interrupted_test_does_not_go_on_with_other_statistics(adapt, first, kept, tmp_path):
    """As where MaPLe's training pictures have changed meanwhile."""
    part = tmp_path / "first" / "predictions_test.jsonl"
    part.rename(part.with_name(f"{part.name}.part"))
    good = kept().read_bytes()
    content = torch.load(kept(), weights_only=True)
    torch.save(content | {"mean": content["mean"] + 1}, kept())
    with pytest.raises(ValueError, match="was made with token statistics = "):
        adapt("PromptAlign", tmp_path / "first")
    kept().write_bytes(good)
