"""The same attention as `models.attention`, by a fused kernel: for GPUs.

FlexAttention (PyTorch's own, compiled by Triton on first use) answers with the ordinary softmax of
each row i times V, and with the row's log-sum-exp L_i; nothing of size K*K is stored. The joint
softmax of METHOD.md, step 4, follows exactly: `map[i] = K softmax(L)_i softmax(S[i])`. The text and
the rational query go through it together, so that keys and values are read once. Gradients, those
through L among them, are FlexAttention's.

Not measured on a GPU yet. On a CPU FlexAttention has no backward pass: there it is tested forward,
and all gradients with a dense attention in its place.
"""

import logging
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from models.attention_tiles import Operands

LEAST_WIDTH = 16  # of a head: what a GPU multiplies at once
MOST_PROBLEMS = 65_535  # of a kernel's launch
# queries (1, N, L, d), key and value (1, N, K, d), scale -> rows (1, N, L, d), their L_i (1, N, L)
Attention = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]

logger = logging.getLogger(__name__)


def suits(problems: int, width: int, device: torch.device) -> bool:
    """Whether a device has a fused kernel for N problems of width d."""
    fits = width >= LEAST_WIDTH and problems <= MOST_PROBLEMS
    return fits and device.type == "cuda" and compiled() is not None


def fused_attention(operands: Operands, scale: float, attention: Attention | None = None) -> Tensor:
    """Mean over the three queries of (map @ value), (N, K, d).

    Args:
        operands: N problems, in one type.
        scale: of the products of queries and keys.
        attention: in the place of FlexAttention.
    """
    image = torch.bmm(operands.image_map(scale), operands.value)  # (N, 1, d)
    key, value = operands.key[None], operands.value[None]
    queries = torch.cat(operands.queries, 1)[None]  # (1, N, 2 K, d)
    rows, level = (attention or compiled())(queries, key, value, scale)
    weight = key.shape[2] * torch.softmax(level.unflatten(-1, (2, -1)), -1)  # (1, N, 2, K)
    maps = rows.unflatten(2, (2, -1)) * weight.to(rows.dtype)[..., None]
    return (maps.sum(2)[0] + image) / 3


@cache
def compiled() -> Attention | None:
    """FlexAttention, compiled and tried once; None where that fails."""
    from torch.nn.attention.flex_attention import AuxRequest, flex_attention

    run = torch.compile(flex_attention)

    def attention(queries: Tensor, key: Tensor, value: Tensor, scale: float):
        rows, more = run(queries, key, value, scale=scale, return_aux=AuxRequest(lse=True))
        return rows, more.lse

    try:
        tensor = torch.ones(1, 1, 2, LEAST_WIDTH, device="cuda", requires_grad=True)
        rows, level = attention(tensor, tensor, tensor, 1.0)
        (rows.sum() + level.sum()).backward()
    except Exception as error:  # whatever Triton, a compiler or a driver may say
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        logger.warning("FlexAttention cannot be compiled here (%s); attention is tiled", reason)
        return None
    return attention
