"""From (B, K, D) to the attention's B * H problems and back; heads come first, then images."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.attention_tiles import Operands
from models.head_inputs import Inputs


def split_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(B, K, D) to (H * B, K, d)."""
    return _heads_first(tensor, num_heads).flatten(0, 1)


def join_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(H * B, K, d) to (B, K, D)."""
    return _heads_last(tensor, num_heads).flatten(2)


def project_rational(rational: Tensor, inputs: Inputs, num_heads: int) -> Operands:
    """What the attention needs, from s R (B, K, D) and the head's inputs."""
    projected = (F.linear(rational, *layer) for layer in inputs.projections)
    query_text = inputs.query_text.expand_as(rational)
    return to_operands(inputs.query_image, query_text, *projected, num_heads=num_heads)


def to_operands(
    query_image: Tensor,
    query_text: Tensor,
    query_rational: Tensor,
    key: Tensor,
    value: Tensor,
    num_heads: int,
) -> Operands:
    """Projected (B, 1, D), then (B, K, D) each, as the attention's problems."""
    queries = [_heads_first(query, num_heads) for query in (query_text, query_rational)]
    image, key, value = (split_heads(part, num_heads) for part in (query_image, key, value))
    return Operands(image, torch.stack(queries, 2).flatten(0, 1), key, value)


def project_rational_backward(
    slopes: Operands, rational: Tensor, num_heads: int, grads: Inputs
) -> list[Tensor]:
    """Add the gradients of unimodal queries and layers; returns those of the three projections.

    Args:
        slopes: gradients of the attention's operands.
        rational: s R (B, K, D).
        num_heads: H.
        grads: gradients of the head's inputs.
    """
    grads.query_image.add_(join_heads(slopes.image, num_heads))
    text, query = slopes.queries.unbind(1)
    text = _heads_last(text, num_heads)  # (B, K, H, d)
    text = text.sum(0, keepdim=True) if len(grads.query_text) == 1 else text
    grads.query_text.add_(text.flatten(2))
    projected = [join_heads(slope, num_heads) for slope in (query, slopes.key, slopes.value)]
    for slope, (weight, bias) in zip(projected, grads.projections, strict=True):
        weight.addmm_(slope.flatten(0, 1).mT, rational.flatten(0, 1))
        bias.add_(slope.sum((0, 1)))
    return projected


def _heads_first(tensor: Tensor, num_heads: int) -> Tensor:
    """View (B, K, D) as (H, B, K, d)."""
    return tensor.unflatten(-1, (num_heads, -1)).permute(2, 0, 1, 3)


def _heads_last(tensor: Tensor, num_heads: int) -> Tensor:
    """View (H * B, K, d) as (B, K, H, d)."""
    return tensor.unflatten(0, (num_heads, -1)).permute(1, 2, 0, 3)
