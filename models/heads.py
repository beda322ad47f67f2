"""From (B, K, D) to the attention's B * H problems and back; heads come first, then images."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.attention_tiles import Operands


def split_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(B, K, D) to (H * B, K, d)."""
    return _heads_first(tensor, num_heads).flatten(0, 1)


def join_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(H * B, K, d) to (B, K, D)."""
    return _heads_last(tensor, num_heads).flatten(2)


def project_rational(
    rational: Tensor,
    query_image: Tensor,
    query_text: Tensor,
    weight: Tensor,
    bias: Tensor,
    num_heads: int,
) -> Operands:
    """What the attention needs, from R (B, K, D) and the results of `RationalMask.project`."""
    query_rational, key, value = F.linear(rational, weight, bias).chunk(3, -1)
    queries = query_text.expand_as(rational), query_rational
    queries = torch.stack([_heads_first(query, num_heads) for query in queries], 2)
    image, key, value = (split_heads(part, num_heads) for part in (query_image, key, value))
    return Operands(image, queries.flatten(0, 1), key, value)


def project_rational_backward(
    grads: Operands, num_heads: int, shared: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of the image query, the text query and the packed projection (B, K, 3 D).

    Args:
        grads: gradients of the attention's operands.
        num_heads: H.
        shared: whether all images have the same text query.
    """
    text, rational = (_heads_last(grad, num_heads) for grad in grads.queries.unbind(1))
    text = text.sum(0, keepdim=True) if shared else text
    key, value = _heads_last(grads.key, num_heads), _heads_last(grads.value, num_heads)
    packed = torch.stack([rational, key, value], 2)
    return join_heads(grads.image, num_heads), text.flatten(2), packed.flatten(2)


def _heads_first(tensor: Tensor, num_heads: int) -> Tensor:
    """View (B, K, D) as (H, B, K, d)."""
    return tensor.unflatten(-1, (num_heads, -1)).permute(2, 0, 1, 3)


def _heads_last(tensor: Tensor, num_heads: int) -> Tensor:
    """View (H * B, K, d) as (B, K, H, d)."""
    return tensor.unflatten(0, (num_heads, -1)).permute(1, 2, 0, 3)
