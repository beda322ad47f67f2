"""Exact attention with ONE softmax over all K*K scores of an image and head (METHOD.md, step 4).

For one image and head, with queries already divided by sqrt(d) * temperature: the text and the
rational query have scores `S = Q Kx^T` and maps `P = K * softmax(S)`, the softmax taken over all
entries (i, j). All rows of the image query are equal, so its map is one ordinary softmax row `p`
repeated and costs O(K). The output is `O = A V / 3` with `A = P_text + P_rational + 1 p^T`.

Forward. With L the log-sum-exp over all of S, `P = exp(S - L + log K)`. Scores exist in one tile at
a time only (several images of one head, or some rows of one image), so memory is O(K).

Backward. With G the gradient of O divided by 3: `dV = A^T G`, one product for all maps, and
`dA = G V^T`, shared by all maps. The joint softmax gives `dS = P * (dA - delta)` with one scalar
per map, image and head, `delta = sum(P * dA) / K`; then `dQ = dS Kx` and, summed over the maps,
`dKx = dS^T Q`. The row p receives `da = 1^T dA`: for its scores `ds = p * (da - sum(p * da))`.
"""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.attention_parts import TILE, Part, parts, workspace

KEEP_SCORES = 300**2  # K*K up to which maps are kept for the backward pass, not made again


def joint_attention(image: Tensor, text: Tensor, packed: Tensor, num_heads: int) -> Tensor:
    """Mean over the three queries of (map @ value), heads joined.

    Args:
        image: image query (B, 1, D), the same for all classes.
        text: text query (B, K, D), or (1, K, D) if it is the same for all images.
        packed: rational query, key and value side by side, (B, K, 3 * D).
        num_heads: H, a divisor of D. All queries are divided by sqrt(D / H) * temperature already.

    Returns:
        (B, K, D), differentiable once with respect to the three tensors.
    """
    return _JointAttention.apply(image, text, packed, num_heads)


class _JointAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image, text, packed, num_heads):
        num_images, num_classes, width = packed.shape
        keep = num_classes**2 <= min(KEEP_SCORES, TILE) and any(ctx.needs_input_grad)
        kept = packed.new_empty(2, num_heads, num_images * keep, num_classes, num_classes)
        joint = packed.new_empty(2, num_heads, num_images, 1, 1)
        out = packed.new_empty(num_images, num_classes, num_heads, width // 3 // num_heads)
        work = workspace(packed, 3)
        for head, images, part in parts(image, text, packed, num_heads):
            maps = kept[:, head, images] if keep else None
            joint[:, head, images] = _attend(part, work, maps, out[images, :, head])
        ctx.save_for_backward(image, text, packed, joint, kept)
        return out.flatten(2)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out):
        *inputs, joint, kept = ctx.saved_tensors
        num_heads = joint.shape[1]
        grads = [
            torch.zeros_like(inputs[0]),
            torch.zeros_like(inputs[1]),
            torch.empty_like(inputs[2]),
        ]
        slope = grad_out.unflatten(-1, (num_heads, -1)) / 3
        work = workspace(inputs[2], 5)
        each = zip(parts(*inputs, num_heads), parts(*grads, num_heads), strict=True)
        with torch.autocast(slope.device.type, enabled=False):
            for (head, images, part), (_, _, grad) in each:
                maps = kept[:, head, images] if kept.numel() else None
                level = joint[:, head, images]
                _attend_backward(part, grad, slope[images, :, head], level, maps, work)
        return *grads, None


def _attend(part: Part, work: Tensor, kept: Tensor | None, out: Tensor) -> Tensor:
    """Write A V / 3 to `out` (g, K, d), and P to `kept`; returns L, (2, g, 1, 1)."""
    row = part.image_map()
    joint = row.new_full((2, len(row), 1, 1), -math.inf)
    blocks = part.rows()
    for rows in blocks:
        maps = part.scores(rows, part.tile(work[:2], rows) if kept is None else kept)
        top = maps.amax((2, 3), keepdim=True)
        total = maps.sub_(top).exp_().sum((2, 3), keepdim=True)
        joint = torch.logaddexp(joint, top + total.log())
    for rows in blocks:
        if len(blocks) == 1:  # the exponentials are still there
            maps.mul_(row.shape[-1] / total)
        else:
            maps = _maps(part, rows, joint, work)
        mean = torch.add(*maps, out=part.tile(work[2:], rows)[0]).add_(row)
        torch.div(torch.bmm(mean, part.value), 3, out=out[:, rows])
    return joint


def _attend_backward(
    part: Part, grad: Part, slope: Tensor, joint: Tensor, kept: Tensor | None, work: Tensor
) -> None:
    """Write the gradients of a part to the views of `grad`, from G (g, K, d)."""
    row = part.image_map()
    delta = row_slope = 0
    blocks = part.rows()
    for rows in blocks:
        maps, map_slope, weighted = _slopes(part, rows, slope, joint, kept, work)
        delta = delta + weighted.sum((2, 3), keepdim=True) / row.shape[-1]
        row_slope = row_slope + map_slope.sum(1, keepdim=True)
    row_slope = row * (row_slope - (row * row_slope).sum(2, keepdim=True))
    grad.image.add_(torch.bmm(row_slope, part.key))
    key, value = torch.bmm(row_slope.mT, part.image), torch.zeros_like(part.value)
    texts = part.text.expand_as(part.key)
    for rows in blocks:
        if len(blocks) > 1:
            maps, map_slope, weighted = _slopes(part, rows, slope, joint, kept, work)
        value.baddbmm_(torch.add(*maps, out=map_slope).add_(row).mT, slope[:, rows])
        text, rational = weighted.addcmul_(maps, delta, value=-1)
        grad.text[:, rows].add_(torch.bmm(text, part.key).sum_to_size(grad.text[:, rows].shape))
        grad.rational[:, rows] = torch.bmm(rational, part.key)
        key.baddbmm_(text.mT, texts[:, rows]).baddbmm_(rational.mT, part.rational[:, rows])
    grad.key.copy_(key)
    grad.value.copy_(value)


def _maps(part: Part, rows: slice, joint: Tensor, work: Tensor) -> Tensor:
    """Make P of both queries again from L, (2, g, rows, K)."""
    scores = part.scores(rows, part.tile(work[:2], rows))
    return scores.sub_(joint - math.log(scores.shape[-1])).exp_()


def _slopes(
    part: Part, rows: slice, slope: Tensor, joint: Tensor, kept: Tensor | None, work: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """P (2, g, rows, K), dA (g, rows, K) and P * dA (2, g, rows, K)."""
    maps = _maps(part, rows, joint, work) if kept is None else kept
    tile = part.tile(work[2:], rows)
    map_slope = torch.bmm(slope[:, rows], part.value.mT, out=tile[0])
    return maps, map_slope, torch.mul(maps, map_slope, out=tile[1:])
