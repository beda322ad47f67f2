"""Exact attention with ONE softmax over all K*K scores of an image and head (METHOD.md, step 4).

Every image and head is a problem of its own: K classes, width d = D / H, queries already divided by
sqrt(d) * temperature. The text and the rational query have scores `S = Q Kx^T` and maps
`P = K * softmax(S)`, the softmax taken over all entries (i, j). All rows of the image query are
equal, so its map is one ordinary softmax row `p` repeated and costs O(K). The output is
`O = A V / 3` with `A = P_text + P_rational + 1 p^T`.

Forward. With L the log-sum-exp over all of S, `P = exp(S - L + log K)`. Scores exist in one tile at
a time only (several problems, or some rows of one problem), so memory is O(K).

Backward. With G the gradient of O divided by 3: `dV = A^T G`, one product for all maps, and
`dA = G V^T`, shared by all maps. The joint softmax gives `dS = P * (dA - delta)` with one scalar
per map, `delta = sum(P * dA) / K`; then `dQ = dS Kx` and, summed over the maps, `dKx = dS^T Q`.
The row p receives `da = 1^T dA`: for its scores `ds = p * (da - sum(p * da))`.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.attention_backward import attend_backward
from models.attention_tiles import Maps, Operands, Tiles, scores

KEEP_SCORES = 300**2  # K*K up to which maps are kept for the backward pass, not made again


def joint_attention(image: Tensor, queries: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Mean over the three queries of (map @ value), (N, K, d).

    Args:
        image: image query (N, 1, d), the same for all classes.
        queries: text and rational query (N, 2, K, d).
        key: (N, K, d).
        value: (N, K, d).

    Returns:
        (N, K, d), differentiable once with respect to all four.
    """
    return _JointAttention.apply(torch.is_grad_enabled(), image, queries, key, value)


class _JointAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx, keep, *tensors):
        out, maps = attend(Operands(*tensors), keep)
        ctx.save_for_backward(*tensors, *maps)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out):
        *tensors, joint, kept = ctx.saved_tensors
        with torch.autocast(grad_out.device.type, enabled=False):
            grads = attend_backward(Operands(*tensors), Maps(joint, kept), grad_out / 3)
        return None, *grads


def attend(operands: Operands, keep: bool) -> tuple[Tensor, Maps]:
    """O (N, K, d), and what the backward pass needs; maps are kept if asked to and small enough."""
    tiles = Tiles(operands.key, num_maps=3)
    keep = keep and tiles.whole and tiles.num_classes**2 <= KEEP_SCORES
    kept = tiles.buffer.new_empty(tiles.number * keep, 2, tiles.num_classes, tiles.num_classes)
    joint = tiles.buffer.new_empty(tiles.number, 2, 1, 1)
    out = torch.empty_like(operands.value)
    for some in tiles.problems():
        maps = kept[some] if keep else None
        joint[some] = _attend(operands.some(some), tiles, maps, out[some])
    return out.div_(3), Maps(joint, kept)


def _attend(operands: Operands, tiles: Tiles, kept: Tensor | None, out: Tensor) -> Tensor:
    """Write A V to `out` (n, K, d), and P to `kept`; returns L, (n, 2, 1, 1)."""
    number, row, joint = len(out), operands.image_map(), None
    for rows in tiles.rows():
        maps = scores(operands, rows, tiles.take(number, rows, 0, 2) if kept is None else kept)
        top = maps.amax((2, 3), keepdim=True)
        total = maps.sub_(top).exp_().sum((2, 3), keepdim=True)
        level = top + total.log()
        joint = level if joint is None else torch.logaddexp(joint, level)
    for rows in tiles.rows():
        if tiles.whole:  # the exponentials are still there
            maps.mul_(tiles.num_classes / total)
        else:
            maps = tiles.maps_again(operands, rows, joint)
        mean = tiles.take(number, rows, 2, 3)[:, 0]
        torch.sum(maps, 1, out=mean).add_(row)
        if tiles.whole:
            torch.bmm(mean, operands.value, out=out)
        else:
            out[:, rows] = torch.bmm(mean, operands.value)
    return joint
