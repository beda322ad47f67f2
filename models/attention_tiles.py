"""What the attention works with: its operands, and tiles of their scores."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

# scores of one map held at a time, in float32: problems are gathered up to 1 MB, which a core's own
# cache holds, and one problem is cut into rows only beyond 4 MB, because that repeats work
TILE = 1 << 18
LARGEST_TILE = 1 << 20


class Operands(NamedTuple):
    """What N problems attend with, or the gradients of that."""

    image: Tensor  # image query (N, 1, d)
    queries: Tensor  # text and rational query (N, 2, K, d)
    key: Tensor  # (N, K, d)
    value: Tensor  # (N, K, d)

    def some(self, problems: slice) -> "Operands":
        """The same for some of the problems."""
        return Operands(*(tensor[problems] for tensor in self))

    def image_map(self) -> Tensor:
        """The one row p of the image query's map, (N, 1, K)."""
        return torch.softmax(torch.bmm(self.image, self.key.mT), -1)


class Maps(NamedTuple):
    """What the forward pass leaves for the backward pass."""

    joint: Tensor  # L (N, 2, 1, 1)
    kept: Tensor  # P (N, 2, K, K), or nothing


class Tiles:
    """Cuts N problems into tiles: some whole problems, or some rows of one problem.

    Args:
        like: (N, K, d), for sizes, type and device.
        num_maps: how many score matrices of a tile are needed at once.
    """

    def __init__(self, like: Tensor, num_maps: int):
        self.number, self.num_classes, _ = like.shape
        self.num_problems = max(1, min(self.number, TILE // self.num_classes**2))
        self.num_rows = max(1, min(self.num_classes, LARGEST_TILE // self.num_classes))
        self.whole = self.num_rows == self.num_classes
        self.size = self.num_problems * self.num_rows * self.num_classes
        self.buffer = like.new_empty(num_maps * self.size)  # reused by all tiles

    def problems(self) -> Iterator[slice]:
        """Ranges of problems."""
        for start in range(0, self.number, self.num_problems):
            yield slice(start, start + self.num_problems)

    def rows(self) -> Iterator[slice]:
        """Ranges of rows of each of these problems."""
        for start in range(0, self.num_classes, self.num_rows):
            yield slice(start, min(start + self.num_rows, self.num_classes))

    def take(self, number: int, rows: slice, first: int, last: int) -> Tensor:
        """The score matrices `first` to `last` of the buffer, (number, last - first, rows, K)."""
        shape = number, last - first, rows.stop - rows.start, self.num_classes
        start = first * self.size
        return self.buffer[start : start + math.prod(shape)].view(shape)

    def maps_again(self, operands: Operands, rows: slice, joint: Tensor) -> Tensor:
        """P of some rows made from L, in the first two matrices of the buffer."""
        maps = scores(operands, rows, self.take(len(joint), rows, 0, 2))
        return maps.sub_(joint - math.log(self.num_classes)).exp_()


def scores(operands: Operands, rows: slice, tile: Tensor) -> Tensor:
    """Scores of the text and the rational query, written to the tile (N, 2, rows, K)."""
    queries = operands.queries[:, :, rows].flatten(1, 2)
    torch.bmm(queries, operands.key.mT, out=tile.flatten(1, 2))
    return tile
