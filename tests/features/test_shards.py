"""A shard is read as what it was written as, or not at all."""

import sys

import pytest
import torch

from rada.features.shards import Damaged, read_shard, write_shard

NUMBERS = torch.arange(12, dtype=torch.float32).reshape(3, 4)


@pytest.fixture
def shard(tmp_path):
    write_shard(tmp_path / "shard", NUMBERS, "digest rows 0 to 3")
    return tmp_path / "shard"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_round_trip(dtype, tmp_path):
    features = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)).to(dtype)
    write_shard(tmp_path / "shard", features, "these")
    found = read_shard(tmp_path / "shard", "these")
    assert found.dtype == dtype and torch.equal(found, features)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the maps of this process")
def test_features_are_mapped_not_read(shard):
    features = read_shard(shard, "digest rows 0 to 3")
    with open("/proc/self/maps") as maps:
        assert str(shard) in maps.read()
    del features


def test_every_changed_byte_is_noticed(shard):
    content = shard.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        shard.write_bytes(changed)
        with pytest.raises(Damaged):
            read_shard(shard, "digest rows 0 to 3")


@pytest.mark.parametrize("length", [0, 5, 60, -1, -30])
def test_a_file_cut_off_is_noticed(length, shard):
    shard.write_bytes(shard.read_bytes()[:length])
    with pytest.raises(Damaged):
        read_shard(shard, "digest rows 0 to 3")


def test_a_shard_of_something_else_is_not_taken(shard):
    with pytest.raises(Damaged, match="something else"):
        read_shard(shard, "digest rows 3 to 6")


def test_a_file_that_is_missing_is_not_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_shard(tmp_path / "shard", "these")
