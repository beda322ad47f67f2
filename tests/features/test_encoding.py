"""The encoder's loop gives whole shards, in the batches of a test."""

import pytest
import torch
from torch.utils.data import DataLoader

from rada.features.encoding import encode

SHARDS = [range(0, 4), range(4, 8), range(8, 10)]


class Pictures(torch.utils.data.Dataset):
    """Each is its number."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return {"img": torch.full((3, 1, 1), float(index)), "index": index}


def encoded(shards, is_there, workers=0):
    """Rows by shard, as numbers, and the sizes of the batches that the encoder saw."""
    sizes = []

    def encode_image(images):
        sizes.append(len(images))
        return images[:, :2, 0, 0]

    like = DataLoader(Pictures(), batch_size=3, num_workers=workers)
    made = encode(shards, is_there, Pictures(), like, encode_image)
    return {rows: features[:, 0].tolist() for rows, features in made}, sizes


@pytest.mark.parametrize("workers", [0, 2])
def test_shards_are_made_of_whole_batches(workers):
    made, sizes = encoded(SHARDS, lambda rows: False, workers)
    assert made == {rows: [float(row) for row in rows] for rows in SHARDS}
    assert sizes == [3, 1, 3, 1, 2]


@pytest.mark.parametrize("workers", [0, 2])
def test_what_another_run_has_made_meanwhile_is_left_out(workers):
    made, sizes = encoded(SHARDS, lambda rows: rows.start == 4, workers)
    assert list(made) == [SHARDS[0], SHARDS[2]]
    assert made[SHARDS[2]] == [8.0, 9.0] and sum(sizes) == 6
