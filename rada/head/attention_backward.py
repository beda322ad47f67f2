"""The backward pass of the joint-softmax attention, as derived in `rada.head.attention`."""

import torch
from torch import Tensor

from rada.head.attention_tiles import Maps, Operands, Tiles
from rada.head.workspace import scratch


def attend_backward(
    operands: Operands, scale: float, maps: Maps, grad: Tensor, grads: Operands
) -> None:
    """Write the gradients of the operands.

    Args:
        operands: N problems.
        scale: of the products of queries and keys.
        maps: what the forward pass left.
        grad: G (N, K, d), the gradient of O.
        grads: where they go.
    """
    tiles = Tiles(operands, scale, num_maps=4)
    for some in tiles.problems():
        backward(operands.some(some), tiles, maps.some(some), grad[some], grads.some(some))


def backward(operands: Operands, tiles: Tiles, maps: Maps, grad: Tensor, grads: Operands) -> None:
    """Write all gradients of some problems; arguments as above."""
    _, *queries, key, value = operands
    # a softmax of one score never moves
    scale = tiles.scale if tiles.num_classes > 1 else 0
    image_backward(operands, tiles.scale, grad, grads)
    weights = 3 / tiles.num_classes * maps.weight
    parts = zip(maps.parts, weights, strict=True)
    delta = [weight * total_product(part, grad) for part, weight in parts]
    for rows in tiles.rows():
        two = tiles.exp_scores(operands, rows, maps.lse)  # P
        some, both = grad[:, rows], tiles.take(2, len(key), rows)
        grads.value.baddbmm_(torch.add(*two, out=both).mT, some)
        change = torch.baddbmm(-delta[0], some, value.mT, out=tiles.take(3, len(key), rows))
        for place, query_grad in enumerate((grads.text, grads.rational)):
            if place:
                change.sub_(delta[1] - delta[0])  # dP - delta
            scores = torch.mul(two[place], change, out=both)  # dS
            into = query_grad[:, rows]
            torch.baddbmm(into, scores, key, beta=0, alpha=scale, out=into)
            grads.key.baddbmm_(scores.mT, queries[place][:, rows], alpha=scale)


def image_backward(operands: Operands, scale: float, grad: Tensor, grads: Operands) -> None:
    """Through the image query's row p: writes the image's gradient, starts key's and value's."""
    row, grad = operands.image_map(scale), grad.sum(1, keepdim=True).div_(3)
    torch.mul(row.mT, grad, out=grads.value)
    grad = torch.bmm(grad, operands.value.mT)  # dp, (n, 1, K)
    grad = scale * row * (grad - (row * grad).sum(2, keepdim=True))
    torch.bmm(grad, operands.key, out=grads.image)
    torch.mul(grad.mT, operands.image, out=grads.key)


def total_product(part: Tensor, grad: Tensor) -> Tensor:
    """Sum of the products of two (n, K, d), (n, 1, 1)."""
    product = torch.mul(part, grad, out=scratch().take("product", part, *part.shape))
    return product.sum((1, 2), keepdim=True)
