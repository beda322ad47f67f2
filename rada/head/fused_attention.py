"""The same attention as `rada.head.attention`, by a fused kernel: for half precision on GPUs.

FlexAttention (PyTorch's own, compiled by Triton on first use) gives the ordinary softmax of
each row i times V, and with the row's log-sum-exp L_i; nothing of size K*K is stored. The joint
softmax of the method follows exactly: `map[i] = K softmax(L)_i softmax(S[i])`. The text and
the rational query go through it together, so that keys and values are read once. Gradients, those
through L among them, are FlexAttention's.

In float32 it has no tensor cores to multiply with: on an H200 it took four times as long as the
tiles of `rada.head.attention`, which that precision keeps. On a CPU FlexAttention has no backward
pass: there it is tested forward, and all gradients with a dense attention in its place.
"""

import logging
import warnings
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from rada.head.inputs import Operands

LEAST_WIDTH = 16  # of a head: what a GPU multiplies at once
MOST_PROBLEMS = 65_535  # of a kernel's launch
TYPES = (torch.float16, torch.bfloat16)
# queries (N, 1, L, d), key and value (N, 1, K, d), scale -> rows (N, 1, L, d), their L_i (N, 1, L)
Attention = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]

logger = logging.getLogger(__name__)


def suits(problems: int, width: int, dtype: torch.dtype, device: torch.device) -> bool:
    """Whether a device has a fused kernel for N problems of width d and this type."""
    fits = width >= LEAST_WIDTH and problems <= MOST_PROBLEMS and dtype in TYPES
    return fits and device.type == "cuda" and works(width, dtype)


def fused_attention(operands: Operands, scale: float, attention: Attention | None = None) -> Tensor:
    """Mean over the three queries of (map @ value), (N, K, d).

    Args:
        operands: N problems, in one type.
        scale: of the products of queries and keys.
        attention: in the place of FlexAttention.
    """
    image = torch.bmm(operands.image_map(scale), operands.value)  # (N, 1, d)
    key, value = operands.key[:, None], operands.value[:, None]
    queries = torch.cat(operands.queries, 1)[:, None]  # (N, 1, 2 K, d)
    rows, lse = (attention or flex)(queries, key, value, scale)
    weight = key.shape[2] * torch.softmax(lse.unflatten(-1, (2, -1)), -1)  # (N, 1, 2, K)
    maps = rows.unflatten(2, (2, -1)) * weight.to(rows.dtype)[..., None]
    return (maps.sum(2)[:, 0] + image) / 3


def flex(queries: Tensor, key: Tensor, value: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """FlexAttention, an `Attention`."""
    from torch.nn.attention.flex_attention import AuxRequest

    asked = AuxRequest(lse=True)
    with torch.autocast(queries.device.type, enabled=False):  # what is on is compiled in
        rows, more = compiled()(queries, key, value, scale=scale, return_aux=asked)
    return rows, more.lse


@cache
def compiled() -> Callable:
    """FlexAttention, to be compiled at its first call, and at a second size for all sizes."""
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention)


@cache
def works(width: int, dtype: torch.dtype) -> bool:
    """Whether it can be compiled for a width and type, tried once, there and back."""
    try:
        # whoever asks first may be without gradients
        with torch.inference_mode(False), torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what compiling imports
            operand = torch.ones(2, 1, 128, width, dtype=dtype, device="cuda", requires_grad=True)
            rows, lse = flex(operand, operand, operand, width**-0.5)
            (rows.sum() + lse.sum()).backward()
    except Exception as error:  # whatever Triton, a compiler or a driver may say
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        logger.warning("FlexAttention cannot be compiled here (%s); attention is tiled", reason)
        return False
    return True
