"""METHOD.md's steps 3 to 5 for a few images, and back, in memory that is used again."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rada.head.attention import attend, attended
from rada.head.attention_backward import attend_backward
from rada.head.attention_tiles import Maps, Operands
from rada.head.head_inputs import Inputs
from rada.head.heads import (
    Heads,
    for_each_head,
    heads_first,
    join_heads,
    project,
    project_backward,
    split_heads,
)
from rada.head.workspace import Take, scratch


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
    """As `to_operands`, in scratch memory."""
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
