"""The head under torch.func (grad, vmap, jvp, jacrev, ...) and under torch.compile.

They follow the plain form, of PyTorch's own operations alone there. Tiles, the linear form and the
fused kernel have gradients of their own and write into memory that is used again: nothing follows
that.
"""

import torch
from torch import Tensor
from torch._C import _functorch


def transformed() -> bool:
    """Whether a transform of torch.func is active or a compiler follows what is computed."""
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()


def readable(tensor: Tensor) -> bool:
    """Whether Python can look at numbers: not of a compiler's, nor of one element under vmap."""
    if torch.compiler.is_compiling():
        return False
    while _functorch.is_functorch_wrapped_tensor(tensor):
        if _functorch.is_batchedtensor(tensor):
            return False
        tensor = _functorch.get_unwrapped(tensor)
    return True


def plain_stands_in(form: str, scores: int, most: int) -> bool:
    """Whether a transform goes through the plain form.

    Otherwise a compiler leaves off here, and goes on behind the head; one that may not
    (`fullgraph=True`) gives the reason.

    Args:
        form: of the head.
        scores: of a map, B H K K.
        most: that "auto" may hold as a whole.

    Raises:
        ValueError: if a transform of torch.func would have to go through another form.
    """
    if form == "plain" or (form == "auto" and scores <= most):
        return True
    followed = "torch.func and torch.compile follow the plain form of the head only"
    found = f'{scores:,} scores of a map, where "auto" takes it for {most:,} at most'
    remedy = 'build it with form="plain", whose memory grows with K*K'
    reason = f"{followed}, got {'the linear form' if form == 'linear' else found}; {remedy}"
    if not torch.compiler.is_compiling():
        raise ValueError(reason)
    torch._dynamo.graph_break(msg=reason)
    return False
