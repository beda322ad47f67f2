"""What can be wrong with FEATURES: one line and exit code 2, or one line and the run goes on."""

import errno
import os
import shutil
from pathlib import Path

import pytest
import torch

import train
from rada.features import folder, shards
from rada.rehearsal import STAMP
from tests.float64 import CLOSE
from tests.rehearsal import command
from tests.trainers.test_processes import MASK, learned, run, run_two


@pytest.mark.parametrize(
    "options, words",
    [
        (("FEATURES.AUGMENTATIONS", "0"), "FEATURES.AUGMENTATIONS is"),
        (("FEATURES.AUGMENTATIONS", "2"), "FEATURES.AUGMENTATIONS unless FEATURES.CACHE is True"),
        (("FEATURES.CACHE", "maybe"), "FEATURES.CACHE"),
        (("FEATURES.CASH", "True"), 'unknown config key FEATURES.CASH (did you mean "FEATURES.CA'),
    ],
)
def test_settings_that_cannot_be(options, words, mistake):
    assert words in mistake("RAda", options)


def test_a_folder_that_cannot_be_made(mistake, cached, tmp_path):
    (tmp_path / "features").write_text("in the way")
    line = mistake("RAda", cached)
    assert f"cannot write features to {tmp_path}/features/caltech101-" in line
    assert "name another FEATURES.FOLDER, or set FEATURES.CACHE False" in line


def test_a_full_disk_loses_nothing_that_was_made(
    mistake, run_train, cached, encoded, tmp_path, monkeypatch
):
    """The disk is full at the third shard of the test pictures; later it has space again."""
    monkeypatch.setattr(folder, "ROWS", 8)
    replacing, written = shards.replacing, []

    def full(path):
        if len(written) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(path)
        return replacing(path)

    options = *cached, "DATALOADER.TEST.BATCH_SIZE", "4", "DATASET.SUBSAMPLE_CLASSES", "base"
    with monkeypatch.context() as patch:
        patch.setattr(shards, "replacing", full)
        line = mistake("ZeroshotCLIP", options)
    assert f"cannot write features to {written[0].parent} (No space left on device)" in line
    assert all(path.exists() for path in written)
    del encoded[:]
    run_train("ZeroshotCLIP", tmp_path / "out", *options)
    assert encoded == [8]


def test_a_cache_of_another_backbone_is_left_alone(
    run_train, cached, tiny_clip, encoded, tmp_path, capsys
):
    weights = torch.load(tiny_clip, weights_only=True)
    weights["visual.proj"][0, 0] += 1
    torch.save(weights, tmp_path / "other.pt")
    run_train("ZeroshotCLIP", tmp_path / "a", *cached)
    capsys.readouterr()
    other = ("--backbone", str(tmp_path / "other.pt"))
    run_train("ZeroshotCLIP", tmp_path / "b", *cached, arguments=other)
    told = "has features of these pictures, but differs in image encoder"
    assert capsys.readouterr().out.count(told) == 1
    run_train("ZeroshotCLIP", tmp_path / "c", *cached)
    assert encoded == [24, 24]


def test_a_cache_that_was_cut_off_is_made_anew(run_train, cached, encoded, tmp_path, capsys):
    first = run_train("ZeroshotCLIP", tmp_path / "a", *cached)
    (shard,) = (tmp_path / "features").glob("*/*.safetensors")
    shard.write_bytes(shard.read_bytes()[:-100])
    second = run_train("ZeroshotCLIP", tmp_path / "b", *cached)
    assert f"{shard} is damaged and made anew" in capsys.readouterr().out
    assert encoded == [24, 24] and first.metrics == second.metrics


def test_an_exchanged_picture_is_noticed(run_train, cached, encoded, tmp_path, capsys):
    trainer = run_train("ZeroshotCLIP", tmp_path / "a", *cached)
    path = Path(trainer.dm.dataset.test[0].impath)
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"0")
        run_train("ZeroshotCLIP", tmp_path / "b", *cached)
    finally:
        path.write_bytes(content)
    assert "but differs in file sizes" in capsys.readouterr().out
    assert encoded == [24, 24]


def test_rehearsals_and_real_runs_share_nothing(
    rehearse, scratch, cached, encoded, tmp_path, monkeypatch
):
    """Though these pictures and this backbone are the same."""
    options = *cached, "OPTIM.MAX_EPOCH", "1", "DATALOADER.NUM_WORKERS", "0"
    train.main(command(tmp_path / "a", *options))
    rehearsed = list(encoded)
    monkeypatch.delenv("REHEARSE")
    real = shutil.copytree(scratch / "eurosat", tmp_path / "data" / "eurosat")
    (real / STAMP).unlink()
    options += "DATASET.ROOT", str(tmp_path / "data"), "INPUT.SIZE", "(32,32)"
    options += "MODEL.BACKBONE.NAME", "TinyCLIP"
    train.main(command(tmp_path / "b", *options))
    assert encoded == rehearsed * 2


def test_two_processes_equal_one(caltech_root, tiny_clip, cached, tmp_path):
    """The first one makes the features, the other finds them."""
    common = "RAdaCoOp", caltech_root, tiny_clip
    options = (*cached, "TRAINER.RADA.OPTIM.WARMUP_EPOCH", "-1", *MASK)
    first, other = run_two(*common, tmp_path / "two", *options)
    alone = run(*common, tmp_path / "one", *options)
    assert alone.returncode == first.returncode == other.returncode == 0, other.stderr
    assert first.stdout.count("Encoding 16 views of pictures once") == 1
    assert other.stdout.count("Encoding") == 0
    assert alone.stdout.count("Encoding") == 0
    one, two = learned(tmp_path / "one"), learned(tmp_path / "two")
    assert one.keys() == two.keys() and one
    for key in one:
        torch.testing.assert_close(two[key], one[key], **CLOSE)
