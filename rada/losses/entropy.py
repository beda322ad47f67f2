"""Entropy of predictions over views of one image (TPT: Shu et al., arXiv 2209.07511)."""

import math

from torch import Tensor


def entropy(logits: Tensor) -> Tensor:
    """Entropy in nats, (...), of the softmax of logits (..., K)."""
    log = logits.log_softmax(-1)
    return -(log.exp() * log).sum(-1)


def confident_views(logits: Tensor, count: int) -> Tensor:
    """Indices (E, count) of the views of lowest entropy, ascending; of equal ones the first.

    Args:
        logits: (E, V, K).
        count: views to keep, 1 to V.
    """
    return entropy(logits).argsort(dim=-1, stable=True)[:, :count]


def mean_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats, (E,), of the mean over views of the softmax of logits (E, V, K)."""
    log = logits.log_softmax(-1).logsumexp(-2) - math.log(logits.shape[-2])
    return -(log.exp() * log).sum(-1)
