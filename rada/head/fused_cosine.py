"""What the mask adds to CLIP's logits, as `rada.head.masked_cosine`, in half precision on a GPU.

Plain PyTorch around the fused attention. Micro-batches are large, as few large kernels are better
there, and are computed again in the backward pass, so that memory does not grow with B.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from rada.head.attention_tiles import Operands
from rada.head.fused_attention import MOST_PROBLEMS, Attention, fused_attention
from rada.head.head_inputs import Inputs
from rada.head.heads import Heads, join_heads, project, to_operands
from rada.head.penalties import Penalty

ROWS = 1 << 16  # (image, class) pairs worked on at a time; a (B, K, D) tensor of them has 128 MB


def fused_cosine(
    inputs: Inputs, heads: Heads, penalty: Penalty, attention: Attention | None = None
) -> tuple[Tensor, Tensor]:
    """s sum_D ((M - 1) R), (B, K), and the penalty of each image, (B,), in float32.

    Projections and attention are computed in autocast's type where that is on.

    Args:
        inputs: of B images.
        heads: of the attention.
        penalty: on M - 1.
        attention: in the place of FlexAttention.
    """

    def some(*tensors: Tensor) -> tuple[Tensor, Tensor]:
        change = mask_change(Inputs(*tensors), heads, attention)
        added = (tensors[0] * tensors[1] * change).sum(-1)
        return added, penalty.value(change)

    step = max(1, min(MOST_PROBLEMS // heads.number, ROWS // inputs.text.shape[1]))
    starts = range(0, len(inputs.image), step)
    parts = [inputs.some(slice(start, start + step)) for start in starts]
    results = [checkpoint(some, *part, use_reentrant=False) for part in parts]
    if not results:  # no images
        return some(*inputs)
    added, penalties = zip(*results, strict=True)
    return torch.cat(added), torch.cat(penalties)


def mask_change(inputs: Inputs, heads: Heads, attention: Attention | None) -> Tensor:
    """M - 1 of n images, (n, K, D), in the inputs' type."""
    rational = inputs.image * inputs.text
    projected = [project(rational, *layer, heads.number) for layer in inputs.projections]
    operands = to_operands(inputs, projected, heads.number)
    operands = Operands(*(operand.to(projected[0].dtype) for operand in operands))
    joined = join_heads(fused_attention(operands, heads.scale, attention), heads.number)
    change = F.linear(joined, *inputs.out).to(rational.dtype)
    return F.threshold(change, -1, -1)  # relu(1 + x) - 1 = max(x, -1)
