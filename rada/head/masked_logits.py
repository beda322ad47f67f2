"""The equations of `rada.head.rational`, some images at a time, with a backward pass written out.

Equal to `rada.head.rational.plain_logits`, `s sum_D ((M - 1) R)` for what the mask adds to CLIP's
logits, in memory linear in K. No (B, K, D) tensor outlives its micro-batch unless there is room for
it; what was not kept is computed again in the backward pass.

There, with the gradient c of the sums, `dM = c * s R` plus the penalty's, and `dZ = dM` where
`M = relu(Z)` is above 0; then back through `out`, the attention and the projections to s R.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from rada.head.attention import Maps, attend, attend_backward, attended
from rada.head.inputs import (
    Heads,
    Inputs,
    Operands,
    for_each_head,
    heads_first,
    join_heads,
    project,
    project_backward,
    split_heads,
)
from rada.head.penalties import Penalty
from rada.head.workspace import Take, Workspace, give_back, lend, scratch

ROWS, ROWS_ON_GPU = 1600, 1 << 14  # (image, class) pairs worked on at a time
KEEP_BYTES, KEEP_BYTES_ON_GPU = 512 << 20, 2 << 30  # results kept for the backward pass
SPARING_BYTES = 40 << 20  # the same where memory is dear


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


def linear_logits(
    inputs: Inputs, heads: Heads, penalty: type[Penalty], sparing: bool = False
) -> tuple[Tensor, Tensor]:
    """s sum_D ((M - 1) R), (B, K), and the penalty of each image, (B,).

    Args:
        inputs: of B images.
        heads: of the attention.
        penalty: on M - 1.
        sparing: whether to spend time rather than memory.
    """
    room = 0
    if torch.is_grad_enabled():
        on_cpu = SPARING_BYTES if sparing else KEEP_BYTES
        room = KEEP_BYTES_ON_GPU if inputs.image.is_cuda else on_cpu
    return _LinearLogits.apply(heads, penalty, room, *inputs)


class _Context(FunctionCtx):
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]
    heads: Heads
    penalty: Penalty
    kept: Kept


class _LinearLogits(torch.autograd.Function):
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


class Results(NamedTuple):
    """What the backward pass of n images needs besides the inputs."""

    query: Tensor  # query_rational, (H * n, K, d)
    key: Tensor
    value: Tensor
    parts: Tensor  # and the other tensors of the attention's `Maps`
    weight: Tensor
    lse: Tensor
    change: Tensor  # M - 1, (n, K, D)

    @property
    def maps(self) -> Maps:
        """Of the attention."""
        return Maps(*self[3:6])


def rational_of(inputs: Inputs) -> Tensor:
    """s R, (n, K, D), in scratch memory."""
    shape = len(inputs.image), *inputs.text.shape[1:]
    out = scratch().take("rational", inputs.image, *shape)
    return torch.mul(inputs.image, inputs.text, out=out)


def forward(inputs: Inputs, rational: Tensor, heads: Heads, take: Take) -> Results:
    """Steps 3 to 5.

    Args:
        inputs: of n images.
        rational: s R (n, K, D).
        heads: of the attention.
        take: where results go (`Workspace.take`).
    """
    shape = heads.number * len(rational), rational.shape[1], rational.shape[2] // heads.number
    projected = [
        project(rational, *layer, heads.number, out=take(name, rational, *shape))
        for name, layer in zip(("query", "key", "value"), inputs.projections, strict=True)
    ]
    operands = operands_of(inputs, projected, heads)
    maps = attend(operands, heads.scale, take)
    rows = output(operands, maps, heads).flatten(0, 1)
    change = take("change", rational, *rational.shape)
    torch.addmm(inputs.out_bias, rows, inputs.out_weight.mT, out=change.flatten(0, 1))
    change.clamp_(min=-1)  # relu(1 + x) - 1 = max(x, -1)
    return Results._make((*projected, *maps, change))


def operands_of(inputs: Inputs, projected: Sequence[Tensor], heads: Heads) -> Operands:
    """What the attention needs, the text queries in scratch memory.

    Args:
        inputs: of n images.
        projected: query_rational, key and value, (H * n, K, d) each.
        heads: of the attention.
    """
    query = projected[0]
    text = scratch().take("text", query, heads.number, len(inputs.image), *query.shape[1:])
    text.copy_(heads_first(inputs.query_text, heads.number))
    return Operands(split_heads(inputs.query_image, heads.number), text.flatten(0, 1), *projected)


def output(operands: Operands, maps: Maps, heads: Heads) -> Tensor:
    """O with its heads joined, (n, K, D), in scratch memory."""
    number, classes, width = operands.value.shape
    images = number // heads.number
    joined = scratch().take("joined", operands.value, images, classes, heads.number * width)
    attended(operands, heads.scale, maps, heads_first(joined, heads.number))
    return joined


def backward(
    inputs: Inputs,
    rational: Tensor,
    results: Results,
    grad: Tensor,
    grads: Inputs,
    heads: Heads,
) -> Operands:
    """Add all gradients but the features' from dM (n, K, D); returns the attention's operands'."""
    operands = operands_of(inputs, results[:3], heads)
    # dZ = dM where M > 0
    torch.ops.aten.threshold_backward.grad_input(grad, results.change, -1, grad_input=grad)
    joined = output(operands, results.maps, heads)
    grads.out_weight.addmm_(grad.flatten(0, 1).mT, joined.flatten(0, 1))
    grads.out_bias.add_(grad.sum((0, 1)))
    weight = inputs.out_weight.unflatten(1, (heads.number, -1)).transpose(0, 1)  # (H, D, d)
    apart = scratch().take("apart", grad, *operands.value.shape)  # dO
    rows = for_each_head(grad, heads.number)
    torch.bmm(rows, weight, out=apart.view(heads.number, rows.shape[1], -1))
    operand_grads = Operands(
        *(
            scratch().take(("grad", name), grad, *operand.shape)
            for name, operand in operands._asdict().items()
        )
    )
    attend_backward(operands, heads.scale, results.maps, apart, operand_grads)
    project_backward(operand_grads, rational, heads.number, grads)
    return operand_grads


def features_backward(
    inputs: Inputs, operand_grads: Operands, grad: Tensor, grads: Inputs, heads: Heads
) -> None:
    """Add the features' gradients from those of the projections and the direct part of d(s R)."""
    for projected, (weight, _) in zip(operand_grads[2:], inputs.projections, strict=True):
        grad.flatten(0, 1).addmm_(join_heads(projected, heads.number).flatten(0, 1), weight)
    grads.image.add_((grad * inputs.text).sum(1, keepdim=True))
    grads.text.add_((grad * inputs.image).sum_to_size(inputs.text.shape))
