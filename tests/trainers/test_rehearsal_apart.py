"""Rehearsals and real runs never touch each other's files."""

import shutil

import pytest

import train
from rada.rehearsal import STAMP
from rada.rehearsal.tree import build_tree
from tests.refused import error_of
from tests.rehearsal import command


def test_other_values_and_own_data_are_refused(rehearse, monkeypatch, tmp_path, capsys):
    error = error_of(command(tmp_path, dataset="custom"), capsys)
    assert "no stand-in pictures for Custom; unset REHEARSE" in error
    monkeypatch.setenv("REHEARSE", "yes")
    assert 'REHEARSE is 1, or 0 for a real run; got "yes"' in error_of(command(tmp_path), capsys)


def test_a_real_run_does_not_read_stand_ins(tmp_path, capsys):
    build_tree("eurosat", tmp_path, 2, 1, 1, most_classes=2, size=8)
    error = error_of(command(tmp_path / "out", "DATASET.ROOT", str(tmp_path)), capsys)
    assert f"{tmp_path}/eurosat holds stand-in pictures, not the dataset" in error


@pytest.fixture
def rehearsed(rehearse, tmp_path, monkeypatch):
    """The output folder of a rehearsal; the environment is that of a real run again."""
    train.main(command(tmp_path / "out", "OPTIM.MAX_EPOCH", "1"))
    monkeypatch.delenv("REHEARSE")
    return tmp_path / "out"


def test_a_real_run_uses_nothing_of_a_rehearsal(rehearsed, scratch, tmp_path, capsys):
    real = shutil.copytree(scratch / "eurosat", tmp_path / "data" / "eurosat")
    (real / STAMP).unlink()  # as good as real
    same = ("OPTIM.MAX_EPOCH", "1", "DATASET.ROOT", str(tmp_path / "data"))
    same += ("DATALOADER.NUM_WORKERS", "0", "INPUT.SIZE", "(32,32)")
    tiny = (*same, "MODEL.BACKBONE.NAME", "TinyCLIP")
    backbone = tmp_path / "clip.pt"
    shutil.copy("rada/world/tinyclip.pt", backbone)
    other = (*same, "MODEL.BACKBONE.NAME", str(backbone))

    def load(*opts):
        test = ("--model-dir", str(rehearsed), "--eval-only")
        return error_of(command(tmp_path / "other", *opts, arguments=test), capsys)

    assert "trained with MODEL.BACKBONE.NAME = TinyCLIP, this run has clip.pt; use" in load(*other)
    assert "trained with rehearsal = yes, this run has nothing; use" in load(*tiny)
    error = error_of(command(rehearsed, *tiny), capsys)
    assert f"{rehearsed}/results.json is of a rehearsal; choose another --output-dir" in error
    (rehearsed / "results.json").unlink()  # a rehearsal that was stopped
    assert "rehearsal = yes, this run has nothing; use" in error_of(
        command(rehearsed, *tiny), capsys
    )


def test_a_rehearsal_leaves_real_results_alone(rehearse, tmp_path, capsys):
    (tmp_path / "results.json").write_text('{"metrics": {"accuracy": 70}, "rehearsal": false}')
    error = error_of(command(tmp_path), capsys)
    assert "results.json is of a real run; choose another --output-dir" in error
