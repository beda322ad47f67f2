"""What the attention works with: its operands, and tiles of their scores."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from rada.head.workspace import scratch

# scores of one map held at a time: on a CPU 2 MB in float32; few large kernels are better on a GPU
TILE, TILE_ON_GPU = 1 << 19, 1 << 25
LOG2_E = 1 / math.log(2)


class Operands(NamedTuple):
    """What N problems attend with, or the gradients of that."""

    image: Tensor  # image query (N, 1, d)
    text: Tensor  # text query (N, K, d)
    rational: Tensor  # rational query (N, K, d)
    key: Tensor  # (N, K, d)
    value: Tensor  # (N, K, d)

    def some(self, problems: slice) -> "Operands":
        """The same for some of the problems."""
        return Operands(*(tensor[problems] for tensor in self))

    @property
    def queries(self) -> tuple[Tensor, Tensor]:
        """Those that have a map of their own."""
        return self.text, self.rational

    def image_map(self, scale: float) -> Tensor:
        """The one row p of the image query's map, (N, 1, K)."""
        return torch.softmax(torch.bmm(scale * self.image, self.key.mT), -1)


class Maps(NamedTuple):
    """What the forward pass leaves of the maps of the text and the rational query.

    A map divided by 3 is `exp2(log2(e) * scores - lse)`.
    """

    parts: Tensor  # what each map makes of the value, before its weight, (2, N, K, d)
    weight: Tensor  # (2, N, 1, 1)
    lse: Tensor  # (2, N, 1, 1)

    def some(self, problems: slice) -> "Maps":
        """The same for some of the problems."""
        return Maps(*(tensor[:, problems] for tensor in self))


class Tiles:
    """Cuts N problems into tiles: some whole problems, or some rows of one problem.

    Args:
        operands: of all problems.
        scale: of products of queries and keys.
        num_maps: how many score matrices of a tile are needed at once.
    """

    def __init__(self, operands: Operands, scale: float, num_maps: int):
        self.number, self.num_classes, _ = operands.key.shape
        self.scale, tile = scale, TILE_ON_GPU if operands.key.is_cuda else TILE
        self.num_problems = max(1, min(self.number, tile // self.num_classes**2))
        rows = tile // max(1, self.num_problems * self.num_classes)
        self.num_rows = max(1, min(self.num_classes, rows))
        self.size = self.num_problems * self.num_rows * self.num_classes
        self.memory = scratch().take("tiles", operands.key, num_maps * self.size)

    @property
    def whole(self) -> bool:
        """Whether no problem is cut."""
        return self.num_rows == self.num_classes

    def problems(self) -> Iterator[slice]:
        """Ranges of problems."""
        for start in range(0, self.number, self.num_problems):
            yield slice(start, min(start + self.num_problems, self.number))

    def rows(self) -> Iterator[slice]:
        """Ranges of rows of these problems."""
        for start in range(0, self.num_classes, self.num_rows):
            yield slice(start, min(start + self.num_rows, self.num_classes))

    def take(self, place: int, number: int, rows: slice) -> Tensor:
        """The score matrices (number, rows, K) at a place of the memory."""
        shape = number, rows.stop - rows.start, self.num_classes
        start = place * self.size
        return self.memory[start : start + math.prod(shape)].view(shape)

    def exp_scores(self, operands: Operands, rows: slice, lse: Tensor | None) -> list[Tensor]:
        """exp2(log2(e) * scores - lse) of some rows of both maps, at the first two places.

        Powers of two take a third of the time that those of e take on a CPU. An lse (2, n, 1, 1)
        of None is 0.
        """
        tiles = [self.take(place, len(operands.key), rows) for place in (0, 1)]
        for place, (query, tile) in enumerate(zip(operands.queries, tiles, strict=True)):
            start, beta = (tile, 0) if lse is None else (-lse[place], 1)
            factors = query[:, rows], operands.key.mT
            torch.baddbmm(start, *factors, beta=beta, alpha=LOG2_E * self.scale, out=tile)
            tile.exp2_()
        return tiles

    def largest(self, operands: Operands) -> Tensor:
        """The largest score of each problem and map, times log2(e), (2, n, 1, 1)."""
        found = []
        for query in operands.queries:
            tops = []
            for rows in self.rows():
                tile = self.take(0, len(query), rows)
                torch.bmm(query[:, rows], operands.key.mT, out=tile)
                tops.append(tile.amax((1, 2), keepdim=True))
            found.append(torch.stack(tops).amax(0))
        return LOG2_E * self.scale * torch.stack(found)
