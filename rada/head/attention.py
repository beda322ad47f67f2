"""Exact attention with ONE softmax over all K*K scores of an image and head (`rada.head.rational`).

Every image and head is a problem of its own: K classes, width d = D / H. The text and the rational
query have scores `S = scale * Q Kx^T` and maps `K * softmax(S)`, the softmax taken over all entries
(i, j). All rows of the image query are equal, so its map is one ordinary softmax row `p` repeated
and costs O(K). The output is the mean of the three maps times V. Below, P is a map divided by 3.

Forward. `P = w E` with `E = exp(S - shift)` and one weight per map, `w = K / (3 sum(E))`, known
only at the end: so `E V` is weighted then. Scores exist in one tile at a time (some problems, or
some rows of one), and memory is O(K). Where scores are small there is no shift.

Backward. With G the gradient of O: `dV = (P_text + P_rational)^T G + p^T 1 G / 3`, one product for
both maps, and `dP = G V^T`, shared by both. The joint softmax gives `dS = P * (dP - delta)` with
one scalar per map, `delta = sum(P * dP) / sum(P) = 3 sum(G * P V) / K`, known before any score;
then `dQ = scale * dS Kx` and, summed over the maps, `dKx = scale * dS^T Q`. The row p receives
`dp = 1 G V^T / 3`.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from rada.head import fused_attention
from rada.head.inputs import Operands
from rada.head.transforms import transformed
from rada.head.workspace import Take, Workspace, scratch

# scores of one map held at a time: on a CPU 2 MB in float32; few large kernels are better on a GPU
TILE, TILE_ON_GPU = 1 << 19, 1 << 25
LOG2_E = 1 / math.log(2)
# scores of no more than this need no shift: neither their exponentials nor the sum of a million of
# them leaves float32
SAFE = 50.0
DENSE = 10_000_000  # scores of a map that may be held as a whole, 40 MB in float32


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


def joint_attention(operands: Operands, scale: float) -> Tensor:
    """Mean over the three queries of (map @ value), (N, K, d), in whichever way is the fastest.

    Differentiable with respect to all operands; beyond DENSE scores, in tiles, only once. A GPU
    with a fused kernel takes that. Under a transform (`rada.head.transforms`) maps are whole.

    Args:
        operands: N problems.
        scale: of the products of queries and keys, 1 / (sqrt(d) * temperature).
    """
    if transformed():
        return dense_attention(operands, scale)
    number, num_classes, width = operands.key.shape
    if fused_attention.suits(number, width, operands.key.dtype, operands.key.device):
        return fused_attention.fused_attention(operands, scale)
    if number * num_classes**2 <= DENSE:
        return dense_attention(operands, scale)
    return _TiledAttention.apply(scale, *operands)


def dense_attention(operands: Operands, scale: float) -> Tensor:
    """The same as the equation has it, with maps of K*K numbers; arguments as above."""
    key, value = operands.key.mT, operands.value
    image_row = torch.softmax(scale * operands.image @ key, -1)  # (N, 1, K)
    text_map, rational_map = (joint_softmax(scale * query @ key) for query in operands.queries)
    num_classes = key.shape[-1]
    return num_classes / 3 * (text_map + rational_map) @ value + image_row @ value / 3


def joint_softmax(scores: Tensor) -> Tensor:
    """One softmax over all K*K entries of each problem's scores (N, K, K)."""
    if not transformed():
        return _JointSoftmax.apply(scores)
    # what transforms follow: the softmax of each row, weighted by that of the rows' log-sum-exp
    return scores.softmax(2) * scores.logsumexp(2, keepdim=True).softmax(1)


class _JointSoftmax(torch.autograd.Function):
    """The same in one step.

    PyTorch's own, but for the sum in its gradient: one accumulator over K*K numbers loses digits
    (a thousandth of some gradients at K = 800 on a CPU), `sum` adds by halves.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, scores: Tensor) -> Tensor:
        softmax = scores.flatten(1).softmax(-1).view_as(scores)
        ctx.save_for_backward(softmax)
        return softmax

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (softmax,) = ctx.saved_tensors
        product = softmax * grad
        return torch.addcmul(product, softmax, product.sum((1, 2), keepdim=True), value=-1)


class _Context(FunctionCtx):
    saved_tensors: tuple[Tensor, ...]
    scale: float


class _TiledAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Context, scale: float, *tensors: Tensor) -> Tensor:
        operands, ctx.scale = Operands(*tensors), scale
        maps = attend(operands, scale, Workspace().take)  # this memory outlives the call
        ctx.save_for_backward(*tensors, *maps)
        return attended(operands, scale, maps, torch.empty_like(operands.value))

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        operands, maps = Operands(*ctx.saved_tensors[:5]), Maps(*ctx.saved_tensors[5:])
        grads = Operands(*(torch.empty_like(tensor) for tensor in operands))
        with torch.autocast(grad_out.device.type, enabled=False):
            attend_backward(operands, ctx.scale, maps, grad_out, grads)
        return None, *grads


def attended(operands: Operands, scale: float, maps: Maps, out: Tensor) -> Tensor:
    """O, written to `out` (N, K, d), or (..., K, d) with the N problems in several dimensions."""
    image = torch.bmm(operands.image_map(scale), operands.value).div_(3)
    apart = image, *maps.parts, *maps.weight
    image, text, rational, *weight = (t.view(*out.shape[:-2], *t.shape[1:]) for t in apart)
    torch.addcmul(image, text, weight[0], out=out)
    return out.addcmul_(rational, weight[1])


def attend(operands: Operands, scale: float, take: Take) -> Maps:
    """What the two maps make of the value, and what the backward pass needs of them.

    Args:
        operands: N problems.
        scale: as above.
        take: where results go (`Workspace.take`).
    """
    tiles, key = Tiles(operands, scale, num_maps=2), operands.key
    number, num_classes, width = key.shape
    maps = Maps(
        parts=take("parts", key, 2, number, num_classes, width),
        weight=key.new_empty(2, number, 1, 1),
        lse=key.new_empty(2, number, 1, 1),
    )
    safe = not number or small(operands, scale)
    for some in tiles.problems():
        shift = None if safe else tiles.largest(operands.some(some))
        fill(operands.some(some), tiles, shift, maps.some(some))
    return maps


def small(operands: Operands, scale: float) -> bool:
    """Whether all scores are within SAFE, by the norms of queries and keys."""
    vectors = *operands.queries, operands.key
    text, rational, key = (torch.linalg.vector_norm(each, dim=-1).amax() for each in vectors)
    return bool(scale * torch.maximum(text, rational) * key <= SAFE)


def fill(operands: Operands, tiles: Tiles, shift: Tensor | None, maps: Maps) -> None:
    """Write the maps of some problems; shift (2, n, 1, 1), None: 0."""
    total = torch.zeros_like(maps.weight)
    for rows in tiles.rows():
        for place, power in enumerate(tiles.exp_scores(operands, rows, shift)):
            total[place] += power.sum((1, 2), keepdim=True)
            torch.bmm(power, operands.value, out=maps.parts[place][:, rows])
    torch.div(tiles.num_classes / 3, total, out=maps.weight)
    torch.sub(0 if shift is None else shift, maps.weight.log2(), out=maps.lse)


def attend_backward(
    operands: Operands, scale: float, maps: Maps, grad: Tensor, grads: Operands
) -> None:
    """Write the gradients of the operands.

    Args:
        operands: N problems.
        scale: of the products of queries and keys.
        maps: what the forward pass left.
        grad: G (N, K, d), the gradient of O.
        grads: where they go.
    """
    tiles = Tiles(operands, scale, num_maps=4)
    for some in tiles.problems():
        tile_backward(operands.some(some), tiles, maps.some(some), grad[some], grads.some(some))


def tile_backward(
    operands: Operands, tiles: Tiles, maps: Maps, grad: Tensor, grads: Operands
) -> None:
    """Write all gradients of some problems; arguments as above."""
    _, *queries, key, value = operands
    # a softmax of one score never moves
    scale = tiles.scale if tiles.num_classes > 1 else 0
    image_backward(operands, tiles.scale, grad, grads)
    weights = 3 / tiles.num_classes * maps.weight
    parts = zip(maps.parts, weights, strict=True)
    delta = [weight * total_product(part, grad) for part, weight in parts]
    for rows in tiles.rows():
        two = tiles.exp_scores(operands, rows, maps.lse)  # P
        some, both = grad[:, rows], tiles.take(2, len(key), rows)
        grads.value.baddbmm_(torch.add(*two, out=both).mT, some)
        change = torch.baddbmm(-delta[0], some, value.mT, out=tiles.take(3, len(key), rows))
        for place, query_grad in enumerate((grads.text, grads.rational)):
            if place:
                change.sub_(delta[1] - delta[0])  # dP - delta
            scores = torch.mul(two[place], change, out=both)  # dS
            into = query_grad[:, rows]
            torch.baddbmm(into, scores, key, beta=0, alpha=scale, out=into)
            grads.key.baddbmm_(scores.mT, queries[place][:, rows], alpha=scale)


def image_backward(operands: Operands, scale: float, grad: Tensor, grads: Operands) -> None:
    """Through the image query's row p: writes the image's gradient, starts key's and value's."""
    row, grad = operands.image_map(scale), grad.sum(1, keepdim=True).div_(3)
    torch.mul(row.mT, grad, out=grads.value)
    grad = torch.bmm(grad, operands.value.mT)  # dp, (n, 1, K)
    grad = scale * row * (grad - (row * grad).sum(2, keepdim=True))
    torch.bmm(grad, operands.key, out=grads.image)
    torch.mul(grad.mT, operands.image, out=grads.key)


def total_product(part: Tensor, grad: Tensor) -> Tensor:
    """Sum of the products of two (n, K, d), (n, 1, 1)."""
    product = torch.mul(part, grad, out=scratch().take("product", part, *part.shape))
    return product.sum((1, 2), keepdim=True)
