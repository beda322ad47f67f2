"""Exact attention with ONE softmax over all K*K scores of an image and head (METHOD.md, step 4).

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

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from rada.head import fused_attention
from rada.head.attention_backward import attend_backward
from rada.head.attention_tiles import Maps, Operands, Tiles
from rada.head.workspace import Take, Workspace

# scores of no more than this need no shift: neither their exponentials nor the sum of a million of
# them leaves float32
SAFE = 50.0


def joint_attention(operands: Operands, scale: float) -> Tensor:
    """Mean over the three queries of (map @ value), (N, K, d).

    Differentiable once with respect to all operands. A GPU with a fused kernel takes that.

    Args:
        operands: N problems.
        scale: of the products of queries and keys, 1 / (sqrt(d) * temperature).
    """
    number, _, width = operands.key.shape
    if fused_attention.suits(number, width, operands.key.dtype, operands.key.device):
        return fused_attention.fused_attention(operands, scale)
    return _JointAttention.apply(scale, *operands)


class _Context(FunctionCtx):
    saved_tensors: tuple[Tensor, ...]
    scale: float


class _JointAttention(torch.autograd.Function):
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
