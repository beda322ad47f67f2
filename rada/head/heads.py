"""From (B, K, D) to the attention's H * B problems and back; heads come first, then images."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rada.head.attention_tiles import Operands
from rada.head.head_inputs import Inputs


class Heads(NamedTuple):
    """How many heads the attention has, and the scale of their scores."""

    number: int
    scale: float


def split_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(B, K, D) to (H * B, K, d), a copy."""
    return heads_first(tensor, num_heads).flatten(0, 1)


def join_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(H * B, K, d) to (B, K, D), a copy."""
    return heads_last(tensor, num_heads).flatten(2)


def heads_first(tensor: Tensor, num_heads: int) -> Tensor:
    """View (B, K, D) as (H, B, K, d)."""
    return tensor.unflatten(-1, (num_heads, -1)).permute(2, 0, 1, 3)


def heads_last(tensor: Tensor, num_heads: int) -> Tensor:
    """View (H * B, K, d) as (B, K, H, d)."""
    return tensor.unflatten(0, (num_heads, len(tensor) // num_heads)).permute(1, 2, 0, 3)


def for_each_head(rows: Tensor, num_heads: int) -> Tensor:
    """View rows (B, K, D), the same for all heads, as (H, B * K, D)."""
    return rows.flatten(0, 1).expand(num_heads, -1, -1)


def project(
    rows: Tensor, weight: Tensor, bias: Tensor, num_heads: int, out: Tensor | None = None
) -> Tensor:
    """An affine map of rows (B, K, D) as problems (H * B, K, d).

    Each head multiplies by its own rows of the weight, so the result needs no copy.
    """
    weight, bias = (t.unflatten(0, (num_heads, -1)) for t in (weight, bias))  # (H, d, D), (H, d)
    every = for_each_head(rows, num_heads)
    out = None if out is None else out.view(num_heads, every.shape[1], weight.shape[1])
    projected = torch.baddbmm(bias[:, None], every, weight.mT, out=out)
    return projected.view(num_heads * len(rows), rows.shape[1], weight.shape[1])


def to_operands(inputs: Inputs, projected: Sequence[Tensor], num_heads: int) -> Operands:
    """What the attention needs.

    Args:
        inputs: of B images.
        projected: query_rational, key and value, (H * B, K, d) each.
        num_heads: H.
    """
    text = inputs.query_text.expand(len(inputs.image), -1, -1)
    image, text = (split_heads(query, num_heads) for query in (inputs.query_image, text))
    return Operands(image, text, *projected)


def project_backward(
    operand_grads: Operands, rational: Tensor, num_heads: int, grads: Inputs
) -> None:
    """Add the gradients of unimodal queries and of the three layers.

    Args:
        operand_grads: gradients of the attention's operands.
        rational: s R (B, K, D).
        num_heads: H.
        grads: gradients of the head's inputs.
    """
    grads.query_image.add_(join_heads(operand_grads.image, num_heads))
    text = operand_grads.text.unflatten(0, (num_heads, -1))  # (H, B, K, d)
    text = text.sum(1) if len(grads.query_text) == 1 else text.flatten(0, 1)
    grads.query_text.add_(join_heads(text, num_heads))
    rows = for_each_head(rational, num_heads)
    for grad, (weight, bias) in zip(operand_grads[2:], grads.projections, strict=True):
        grad = grad.view(num_heads, rows.shape[1], -1)  # (H, B K, d)
        weight.unflatten(0, (num_heads, -1)).baddbmm_(grad.mT, rows)
        bias.add_(grad.sum(1).flatten())
