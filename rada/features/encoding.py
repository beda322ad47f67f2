"""Pictures through the image encoder, in the batches that a test without features has."""

from collections import deque
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm import tqdm


class MissingBatches(Sampler[list[int]]):
    """Batches of rows, shard by shard; a shard that is there when its turn comes is left out.

    Args:
        shards: their rows.
        size: of a batch; the last one of a shard may be smaller.
        is_there: of a shard.

    Attributes:
        given: the shard of each batch that was handed out and not taken from here yet.
    """

    def __init__(self, shards: list[range], size: int, is_there: Callable[[range], bool]):
        self.shards, self.size, self.is_there = shards, size, is_there
        self.given: deque[range] = deque()

    def __iter__(self) -> Iterator[list[int]]:
        for rows in self.shards:
            if not self.is_there(rows):
                for first in range(0, len(rows), self.size):
                    self.given.append(rows)
                    yield list(rows[first : first + self.size])


@torch.no_grad()
def encode(
    shards: list[range],
    is_there: Callable[[range], bool],
    pictures: Dataset,
    like: DataLoader,
    encode_image: Callable[[Tensor], Tensor],
) -> Iterator[tuple[range, Tensor]]:
    """The features (n, D) of each shard, on the CPU, in the type that the encoder gives.

    Args:
        shards: rows of the pictures.
        is_there: whether another run has made a shard meanwhile; it is then left out.
        pictures: dataset of items with a picture under "img".
        like: how large a batch is, and how it is loaded.
        encode_image: pictures (B, 3, size, size) to features (B, D).
    """
    assert like.batch_size is not None
    missing = MissingBatches(shards, like.batch_size, is_there)
    done: list[Tensor] = []
    with tqdm(total=sum(map(len, shards)), unit="picture") as bar:
        for batch in loader_of(pictures, missing, like):
            rows = missing.given.popleft()
            done.append(encode_image(batch["img"]).cpu())
            bar.update(len(done[-1]))
            if sum(map(len, done)) == len(rows):
                yield rows, torch.cat(done)
                done = []


def loader_of(pictures: Dataset, batches: Sampler, like: DataLoader) -> DataLoader:
    """A loader of these batches that loads as another one does."""
    return DataLoader(
        pictures,
        batch_sampler=batches,
        num_workers=like.num_workers,
        collate_fn=like.collate_fn,
        pin_memory=like.pin_memory,
    )
