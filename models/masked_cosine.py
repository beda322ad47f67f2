"""METHOD.md's steps 1 to 6 for a few images at a time, with the backward pass written out.

Equal to `RationalMask` followed by `sum_D ((M - 1) * R)`, what the mask adds to the cosine, but no
(B, K, D) tensor outlives its micro-batch unless KEEP_BYTES has room for it; what was not kept is
computed again in the backward pass. There, with the gradient c of the sums, `dM = c * R` plus the
penalty's, and `dZ = dM` where `M = relu(Z)` is above 0; then back through `out`, the attention and
the packed projection to R.
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
from models.heads import join_heads, project_rational, project_rational_backward, split_heads
from models.penalties import Penalty

ROWS = 1600  # (image, class) pairs worked on at a time
KEEP_BYTES = 64 << 20  # results kept for the backward pass


class Inputs(NamedTuple):
    """What the head computes with; also the gradients of all that."""

    image: Tensor  # features (B, 1, D)
    text: Tensor  # features (1 or B, K, D)
    query_image: Tensor  # (B, 1, D)
    query_text: Tensor  # (1 or B, K, D)
    weight: Tensor  # of the packed projection, (3 D, D)
    bias: Tensor
    out_weight: Tensor  # (D, D)
    out_bias: Tensor

    def some(self, images: slice) -> "Inputs":
        """The same for some images."""
        tensors = (tensor if len(tensor) == 1 else tensor[images] for tensor in self[:4])
        return Inputs(*tensors, *self[4:])


class Results(NamedTuple):
    """What the backward pass of n images needs."""

    operands: Operands  # of the attention
    maps: Maps
    attended: Tensor  # O (n, K, D)
    mask: Tensor  # M (n, K, D)

    def tensors(self) -> list[Tensor]:
        return [*self.operands, *self.maps, self.attended, self.mask]

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> "Results":
        return cls(Operands(*tensors[:4]), Maps(*tensors[4:6]), *tensors[6:])


def masked_cosine(inputs: Inputs, num_heads: int, penalty: Penalty) -> tuple[Tensor, Tensor]:
    """sum_D ((M - 1) * R), (B, K), and the penalty of each image, (B,)."""
    room = KEEP_BYTES if torch.is_grad_enabled() else 0
    return _MaskedCosine.apply(num_heads, penalty, room, *inputs)


class _MaskedCosine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, num_heads, penalty, room, *tensors):
        inputs, kept = Inputs(*tensors), []
        cosine = inputs.image.new_empty(len(inputs.image), inputs.text.shape[1])
        change = inputs.image.new_empty(len(inputs.image))
        for images in micro_batches(inputs):
            some = inputs.some(images)
            rational = some.image * some.text
            results = forward(some, rational, num_heads, keep=room > 0)
            cosine[images] = rational.mul_(results.mask - 1).sum(-1)
            change[images] = penalty.value(results.mask)
            room -= sum(tensor.nbytes for tensor in results.tensors())
            if room >= 0:
                kept.append(results.tensors())
        ctx.save_for_backward(*tensors, *chain(*kept))
        ctx.num_heads, ctx.penalty = num_heads, penalty
        return cosine, change

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_cosine, grad_change):
        inputs, kept = Inputs(*ctx.saved_tensors[:8]), iter(ctx.saved_tensors[8:])
        grads = Inputs(*(torch.zeros_like(tensor) for tensor in inputs))
        with torch.autocast(grad_cosine.device.type, enabled=False):
            for images in micro_batches(inputs):
                some, into = inputs.some(images), grads.some(images)
                rational, weight = some.image * some.text, grad_cosine[images, :, None]
                tensors = tuple(islice(kept, 8))
                results = Results.of(tensors) if tensors else forward(some, rational, ctx.num_heads)
                slope = weight * rational  # dM
                ctx.penalty.add_slope(results.mask, grad_change[images], slope)
                packed = backward(some, rational, results, slope, into, ctx.num_heads)
                if any(ctx.needs_input_grad[3:5]):  # the features'
                    features_backward(some, packed, weight * (results.mask - 1), into)
        return None, None, None, *grads


def micro_batches(inputs: Inputs) -> Iterator[slice]:
    """Ranges of images of about ROWS rows of the rational matrix each."""
    step = max(1, ROWS // inputs.text.shape[1])
    for start in range(0, len(inputs.image), step):
        yield slice(start, start + step)


def forward(inputs: Inputs, rational: Tensor, num_heads: int, keep: bool = True) -> Results:
    """Steps 3 to 5 of METHOD.md for some images; keep the attention's maps if asked to."""
    operands = project_rational(rational, *inputs[2:6], num_heads)
    attended, maps = attend(operands, keep)
    attended = join_heads(attended, num_heads)
    mask = F.linear(attended, inputs.out_weight, inputs.out_bias).add_(1).relu_()
    return Results(operands, maps, attended, mask)


def backward(
    inputs: Inputs,
    rational: Tensor,
    results: Results,
    slope: Tensor,
    grads: Inputs,
    num_heads: int,
) -> Tensor:
    """Add all gradients but the features' from dM (n, K, D); returns that of packed."""
    slope.mul_(results.mask.sign())  # dZ: M is either 0 or above
    grads.out_weight.addmm_(slope.flatten(0, 1).mT, results.attended.flatten(0, 1))
    grads.out_bias.add_(slope.sum((0, 1)))
    slope = split_heads(slope @ (inputs.out_weight / 3), num_heads)  # dO / 3
    operands = attend_backward(results.operands, results.maps, slope)
    shared = len(inputs.text) < len(rational)
    image, text, packed = project_rational_backward(operands, num_heads, shared)
    grads.query_image.add_(image)
    grads.query_text.add_(text)
    grads.weight.addmm_(packed.flatten(0, 1).mT, rational.flatten(0, 1))
    grads.bias.add_(packed.sum((0, 1)))
    return packed


def features_backward(inputs: Inputs, packed: Tensor, slope: Tensor, grads: Inputs) -> None:
    """Add the features' gradients, from that of packed and the direct part of dR."""
    slope.flatten(0, 1).addmm_(packed.flatten(0, 1), inputs.weight)
    grads.image.add_((slope * inputs.text).sum(1, keepdim=True))
    grads.text.add_((slope * inputs.image).sum_to_size(inputs.text.shape))
