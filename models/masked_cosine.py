"""METHOD.md's steps 1 to 6 for a few images at a time, with the backward pass written out.

Equal to `RationalMask` followed by `s sum_D ((M - 1) R)`, what the mask adds to CLIP's logits. But
no (B, K, D) tensor outlives its micro-batch unless KEEP_BYTES has room for it; what was not kept is
computed again in the backward pass. There, with the gradient c of the sums, `dM = c * s R` plus the
penalty's, and `dZ = dM` where `M = relu(Z)` is above 0; then back through `out`, the attention and
the projections to s R.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.attention import attend
from models.attention_backward import attend_backward
from models.attention_tiles import Maps, Operands
from models.head_inputs import Inputs
from models.heads import join_heads, project_rational, project_rational_backward, split_heads
from models.penalties import Penalty

ROWS = 1600  # (image, class) pairs worked on at a time
KEEP_BYTES = 64 << 20  # results kept for the backward pass


class Results(NamedTuple):
    """What the backward pass of n images needs."""

    operands: Operands  # of the attention
    maps: Maps
    attended: Tensor  # O (n, K, D)
    change: Tensor  # M - 1, (n, K, D)

    def tensors(self) -> list[Tensor]:
        return [*self.operands, *self.maps, self.attended, self.change]

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> "Results":
        return cls(Operands(*tensors[:4]), Maps(*tensors[4:6]), *tensors[6:])


def masked_cosine(inputs: Inputs, num_heads: int, penalty: Penalty) -> tuple[Tensor, Tensor]:
    """s sum_D ((M - 1) R), (B, K), and the penalty of each image, (B,)."""
    room = KEEP_BYTES if torch.is_grad_enabled() else 0
    return _MaskedCosine.apply(num_heads, penalty, room, *inputs)


class _MaskedCosine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, num_heads, penalty, room, *tensors):
        inputs, kept = Inputs(*tensors), []
        added = inputs.image.new_empty(len(inputs.image), inputs.text.shape[1])
        penalties = inputs.image.new_empty(len(inputs.image))
        for images in micro_batches(inputs):
            some = inputs.some(images)
            rational = some.image * some.text
            results = forward(some, rational, num_heads, keep=room > 0)
            added[images] = rational.mul_(results.change).sum(-1)
            penalties[images] = penalty.value(results.change)
            room -= sum(tensor.nbytes for tensor in results.tensors())
            if room >= 0:
                kept.append(results.tensors())
        ctx.save_for_backward(*tensors, *chain(*kept))
        ctx.num_heads, ctx.penalty = num_heads, penalty
        return added, penalties

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_added, grad_penalties):
        inputs, kept = Inputs(*ctx.saved_tensors[:12]), iter(ctx.saved_tensors[12:])
        grads = Inputs(*(torch.zeros_like(tensor) for tensor in inputs))
        with torch.autocast(grad_added.device.type, enabled=False):
            for images in micro_batches(inputs):
                some, into = inputs.some(images), grads.some(images)
                rational, weight = some.image * some.text, grad_added[images, :, None]
                tensors = tuple(islice(kept, 8))
                results = Results.of(tensors) if tensors else forward(some, rational, ctx.num_heads)
                slope = weight * rational  # dM
                ctx.penalty.add_slope(results.change, grad_penalties[images], slope)
                slopes = backward(some, rational, results, slope, into, ctx.num_heads)
                if any(ctx.needs_input_grad[3:5]):  # the features'
                    features_backward(some, slopes, weight * results.change, into)
        return None, None, None, *grads


def micro_batches(inputs: Inputs) -> Iterator[slice]:
    """Ranges of images of about ROWS rows of the rational matrix each."""
    step = max(1, ROWS // inputs.text.shape[1])
    for start in range(0, len(inputs.image), step):
        yield slice(start, start + step)


def forward(inputs: Inputs, rational: Tensor, num_heads: int, keep: bool = True) -> Results:
    """Steps 3 to 5 of METHOD.md for some images; keep the attention's maps if asked to."""
    operands = project_rational(rational, inputs, num_heads)
    attended, maps = attend(operands, keep)
    attended = join_heads(attended, num_heads)
    change = F.linear(attended, *inputs.out).clamp_(min=-1)  # relu(1 + x) - 1 = max(x, -1)
    return Results(operands, maps, attended, change)


def backward(
    inputs: Inputs,
    rational: Tensor,
    results: Results,
    slope: Tensor,
    grads: Inputs,
    num_heads: int,
) -> list[Tensor]:
    """Add all gradients but the features' from dM (n, K, D); returns the projections' own."""
    slope.masked_fill_(results.change == -1, 0)  # dZ
    grads.out_weight.addmm_(slope.flatten(0, 1).mT, results.attended.flatten(0, 1))
    grads.out_bias.add_(slope.sum((0, 1)))
    slope = split_heads(slope @ (inputs.out_weight / 3), num_heads)  # dO / 3
    slopes = attend_backward(results.operands, results.maps, slope)
    return project_rational_backward(slopes, rational, num_heads, grads)


def features_backward(inputs: Inputs, slopes: list[Tensor], slope: Tensor, grads: Inputs) -> None:
    """Add the features' gradients from those of the projections and the direct part of d(s R)."""
    for projected, (weight, _) in zip(slopes, inputs.projections, strict=True):
        slope.flatten(0, 1).addmm_(projected.flatten(0, 1), weight)
    grads.image.add_((slope * inputs.text).sum(1, keepdim=True))
    grads.text.add_((slope * inputs.image).sum_to_size(inputs.text.shape))
