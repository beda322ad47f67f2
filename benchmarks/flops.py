"""Floating-point operations of a call: those of matrix products, attention and convolutions.

A product of (m, k) and (k, n) has 2 m n k. Everything else, element-wise, is not counted, as
always in the field: it has fewer operations by a factor of the width. Causal attention counts as
full attention, as PyTorch's counter has it.
"""

import math
from collections.abc import Callable
from unittest import mock

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

from rada.head import fused_attention

aten = torch.ops.aten


def counted(call: Callable[[], object]) -> int:
    """Operations of a call, backward passes inside it included.

    A GPU's fused kernel for the mask's attention cannot be counted; the call is made without: the
    same products, but for those that either makes again in a backward pass.
    """
    without_kernel = mock.patch.object(fused_attention, "suits", lambda *sizes: False)
    with without_kernel, FlopCounterMode(display=False, custom_mapping=MORE) as counter:
        call()
    return counter.get_total_flops()


def product(first, second, *args, **kwargs) -> int:
    """Of shapes (..., m, k) and (..., k, n), or (k,)."""
    return 2 * math.prod(first) * (second[-1] if len(second) > 1 else 1)


def added_product(_, first, second, *args, **kwargs) -> int:
    """As `product`, behind what it is added to."""
    return product(first, second)


def attention(query, key, value, *args, **kwargs) -> int:
    """Of shapes (B, H, L, d)."""
    return sdpa_flop_count(query, key, value)


def attention_backward(slope, query, key, value, *args, **kwargs) -> int:
    """Of shapes (B, H, L, d)."""
    return sdpa_backward_flop_count(slope, query, key, value)


# what PyTorch's counter passes over: products in place, those of vectors, attention on a CPU
ADDED = "addmm_", "_addmm_activation", "baddbmm_", "addbmm", "addbmm_", "addmv", "addmv_"
MORE = {
    **{getattr(aten, name): added_product for name in ADDED},
    aten.mv: product,
    aten.dot: product,
    aten._scaled_dot_product_flash_attention_for_cpu: attention,
    aten._scaled_dot_product_flash_attention_for_cpu_backward: attention_backward,
}
