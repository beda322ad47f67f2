"""METHOD.md's steps 1 to 6 for a few images at a time, with the backward pass written out.

Equal to `RationalMask` followed by `s sum_D ((M - 1) R)`, what the mask adds to CLIP's logits. But
no (B, K, D) tensor outlives its micro-batch unless KEEP_BYTES has room for it; what was not kept is
computed again in the backward pass. There, with the gradient c of the sums, `dM = c * s R` plus the
penalty's, and `dZ = dM` where `M = relu(Z)` is above 0; then back through `out`, the attention and
the projections to s R.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from rada.head.head_inputs import Inputs
from rada.head.heads import Heads
from rada.head.micro_batch import Results, backward, features_backward, forward, rational_of
from rada.head.penalties import Penalty
from rada.head.workspace import Take, Workspace, give_back, lend, scratch

ROWS, ROWS_ON_GPU = 1600, 1 << 14  # (image, class) pairs worked on at a time
KEEP_BYTES, KEEP_BYTES_ON_GPU = 40 << 20, 2 << 30  # results kept for the backward pass


class Kept:
    """Results of the first micro-batches, in memory that is lent until a backward pass is done.

    A second backward pass finds none, and computes them again.
    """

    def __init__(self) -> None:
        self.results: list[Results] = []
        self.memory: Workspace | None = None

    def place(self) -> Take:
        """Where the next ones go."""
        self.memory = self.memory or lend()
        return self.memory.numbered(len(self.results))

    def give_back(self) -> None:
        """Let the next forward pass have the memory."""
        if self.memory is not None:
            give_back(self.memory)
            self.results, self.memory = [], None


def masked_cosine(inputs: Inputs, heads: Heads, penalty: Penalty) -> tuple[Tensor, Tensor]:
    """s sum_D ((M - 1) R), (B, K), and the penalty of each image, (B,)."""
    room = KEEP_BYTES_ON_GPU if inputs.image.is_cuda else KEEP_BYTES
    room *= torch.is_grad_enabled()
    return _MaskedCosine.apply(heads, penalty, room, *inputs)


class _Context(FunctionCtx):
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]
    heads: Heads
    penalty: Penalty
    kept: Kept


class _MaskedCosine(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: _Context, heads: Heads, penalty: Penalty, room: int, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        inputs, kept = Inputs(*tensors), Kept()
        added = inputs.image.new_empty(len(inputs.image), inputs.text.shape[1])
        penalties = inputs.image.new_empty(len(inputs.image))
        for images in micro_batches(inputs):
            some = inputs.some(images)
            rational = rational_of(some)
            room -= 6 * rational.nbytes  # its results
            keep = room >= 0
            results = forward(some, rational, heads, kept.place() if keep else scratch().take)
            if keep:
                kept.results.append(results)
            torch.sum(rational.mul_(results.change), -1, out=added[images])
            penalties[images] = penalty.value(results.change)
        ctx.save_for_backward(*tensors)
        ctx.heads, ctx.penalty, ctx.kept = heads, penalty, kept
        return added, penalties

    @staticmethod
    @once_differentiable
    def backward(
        ctx: _Context, grad_added: Tensor, grad_penalties: Tensor
    ) -> tuple[Tensor | None, ...]:
        inputs, kept = Inputs(*ctx.saved_tensors), iter(ctx.kept.results)
        grads = Inputs(*(torch.zeros_like(tensor) for tensor in inputs))
        with torch.autocast(grad_added.device.type, enabled=False):
            for images in micro_batches(inputs):
                some, into = inputs.some(images), grads.some(images)
                rational, weight = rational_of(some), grad_added[images, :, None]
                results = next(kept, None)
                if results is None:
                    results = forward(some, rational, ctx.heads, scratch().take)
                grad = scratch().take("grad", rational, *rational.shape)
                torch.mul(weight, rational, out=grad)  # dM
                ctx.penalty.add_gradient(results.change, grad_penalties[images], grad)
                operand_grads = backward(some, rational, results, grad, into, ctx.heads)
                if any(ctx.needs_input_grad[3:5]):  # the features'
                    features_backward(some, operand_grads, weight * results.change, into, ctx.heads)
        ctx.kept.give_back()
        return None, None, None, *grads


def micro_batches(inputs: Inputs) -> Iterator[slice]:
    """Ranges of images of about ROWS rows of the rational matrix each."""
    rows = ROWS_ON_GPU if inputs.image.is_cuda else ROWS
    step = max(1, rows // inputs.text.shape[1])
    for start in range(0, len(inputs.image), step):
        yield slice(start, start + step)
