"""The backward pass of the joint-softmax attention, as derived in `models.attention`."""

import torch
from torch import Tensor

from models.attention_tiles import Maps, Operands, Tiles


def attend_backward(operands: Operands, maps: Maps, slope: Tensor) -> Operands:
    """Gradients of the operands from G (N, K, d), the gradient of O divided by 3."""
    tiles = Tiles(operands.key, num_maps=5)
    grads = Operands(*(torch.empty_like(tensor) for tensor in operands))
    for some in tiles.problems():
        kept = maps.kept[some] if maps.kept.numel() else None
        part = Part(operands.some(some), tiles, maps.joint[some], kept, slope[some])
        part.backward(grads.some(some))
    return grads


class Part:
    """Some problems of the backward pass; arguments as above, kept is P or None."""

    def __init__(
        self, operands: Operands, tiles: Tiles, joint: Tensor, kept: Tensor | None, slope: Tensor
    ):
        self.operands, self.tiles, self.joint = operands, tiles, joint
        self.kept, self.slope = kept, slope

    def backward(self, grads: Operands) -> None:
        """Write all gradients."""
        _, queries, key, value = self.operands
        row, num_classes = self.operands.image_map(), self.tiles.num_classes
        delta = row_slope = 0
        for rows in self.tiles.rows():
            maps, slope, weighted = self.slopes(rows)
            delta = delta + weighted.sum((2, 3), keepdim=True) / num_classes
            row_slope = row_slope + slope.sum(1, keepdim=True)
        self.image_backward(row, row_slope, grads)
        grads.value.zero_()
        for rows in self.tiles.rows():
            if not self.tiles.whole:
                maps, slope, weighted = self.slopes(rows)
            mean = torch.sum(maps, 1, out=slope).add_(row)
            grads.value.baddbmm_(mean.mT, self.slope[:, rows])
            scores = weighted.addcmul_(maps, delta, value=-1).flatten(1, 2)
            grads.key.baddbmm_(scores.mT, queries[:, :, rows].flatten(1, 2))
            grads.queries[:, :, rows] = torch.bmm(scores, key).unflatten(1, (2, -1))

    def image_backward(self, row: Tensor, slope: Tensor, grads: Operands) -> None:
        """Through the image query's row p (n, 1, K), from its gradient da."""
        slope = row * (slope - (row * slope).sum(2, keepdim=True))
        torch.bmm(slope, self.operands.key, out=grads.image)
        torch.bmm(slope.mT, self.operands.image, out=grads.key)

    def slopes(self, rows: slice) -> tuple[Tensor, Tensor, Tensor]:
        """P (n, 2, rows, K), dA (n, rows, K) and their product (n, 2, rows, K)."""
        number, maps = len(self.joint), self.kept
        if maps is None:
            maps = self.tiles.maps_again(self.operands, rows, self.joint)
        slope = self.tiles.take(number, rows, 2, 3)
        torch.bmm(self.slope[:, rows], self.operands.value.mT, out=slope[:, 0])
        weighted = torch.mul(maps, slope, out=self.tiles.take(number, rows, 3, 5))
        return maps, slope[:, 0], weighted
