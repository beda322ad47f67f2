"""How the attention walks over its work: one head of some images, one tile of scores at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

TILE = 1 << 20  # scores of one map held at a time: 4 MB of float32, about the size of a cache


class Part(NamedTuple):
    """What one head of g images attends with; all are views, d = D / H features wide."""

    image: Tensor  # (g, 1, d)
    text: Tensor  # (g, K, d), or (1, K, d) when shared by all images
    rational: Tensor  # (g, K, d)
    key: Tensor  # (g, K, d)
    value: Tensor  # (g, K, d)

    def rows(self) -> list[slice]:
        """Ranges of rows (queries) whose scores fit into a tile."""
        num_classes = self.key.shape[1]
        step = max(1, min(num_classes, TILE // num_classes))
        return [slice(start, start + step) for start in range(0, num_classes, step)]

    def scores(self, rows: slice, tile: Tensor) -> Tensor:
        """Scores of the text and the rational query, written to the tile (2, g, rows, K)."""
        keys = self.key.mT
        torch.bmm(self.text.expand_as(self.key)[:, rows], keys, out=tile[0])
        torch.bmm(self.rational[:, rows], keys, out=tile[1])
        return tile

    def image_map(self) -> Tensor:
        """The one row (g, 1, K) of the image query's map."""
        return torch.softmax(self.image @ self.key.mT, -1)

    def tile(self, work: Tensor, rows: slice) -> Tensor:
        """The flat workspace (n, size) as n score matrices (n, g, rows, K)."""
        num_images, num_classes, _ = self.key.shape
        num_rows = min(rows.stop, num_classes) - rows.start
        size = num_images * num_rows * num_classes
        return work[:, :size].unflatten(1, (num_images, num_rows, num_classes))


def parts(image: Tensor, text: Tensor, packed: Tensor, num_heads: int) -> Iterator[tuple]:
    """Cut the three tensors of `joint_attention`, or their gradients, into parts.

    Yields:
        (head, range of images, Part).
    """
    width = image.shape[-1] // num_heads
    image, text, packed = (t.unflatten(-1, (-1, width)) for t in (image, text, packed))
    num_images, num_classes = packed.shape[:2]
    step = max(1, TILE // num_classes**2)
    for head in range(num_heads):
        for start in range(0, num_images, step):
            images = slice(start, start + step)
            texts = text[images] if len(text) > 1 else text
            columns = packed[images, :, head::num_heads].unbind(2)
            yield head, images, Part(image[images, :, head], texts[:, :, head], *columns)


def workspace(packed: Tensor, num_maps: int) -> Tensor:
    """Room for the scores of one tile, (num_maps, size), reused by all parts."""
    num_images, num_classes, _ = packed.shape
    size = num_images * num_classes**2
    return packed.new_empty(num_maps, min(size, max(TILE, num_classes)))
