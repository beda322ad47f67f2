"""Losses and regularisers: CLIP's own, entropies of predictions, distances, averages."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rada.backbones.precision import at_least_float32


def contrastive_loss(
    image_features: Tensor, text_features: Tensor, scale: Tensor, targets: Tensor | None = None
) -> Tensor:
    """Cross-entropy of each image among all texts and of each text among all images, averaged.

    What CLIP was pre-trained with (Radford et al., arXiv 2103.00020).

    Args:
        image_features: (B, D), L2-normalised.
        text_features: (B, D), L2-normalised; text i belongs to image i alone, even where another
            text is the same sentence.
        scale: s, already exponentiated.
        targets: (B, B), symmetric, rows of sum 1: how much text j belongs to image i, instead.
    """
    logits = scale * image_features @ text_features.t()
    own = torch.arange(len(logits), device=logits.device) if targets is None else targets
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.t(), own)) / 2


def entropy(logits: Tensor) -> Tensor:
    """Entropy in nats, (...), of the softmax of logits (..., K).

    Raises:
        ValueError: if there is no class.
    """
    if 0 in logits.shape[-1:]:
        raise ValueError("logits of no class (K = 0) have no entropy; give at least one class")
    log = logits.log_softmax(-1)
    return -(log.exp() * log).sum(-1)


def confident_views(logits: Tensor, count: int) -> Tensor:
    """Indices (E, count) of the views of lowest entropy, ascending; of equal ones the first.

    Args:
        logits: (E, V, K).
        count: views to keep, 1 to V.

    Raises:
        ValueError: if the count is not that, or there is no class.
    """
    require_kept(count, logits.shape[1])
    return entropy(logits).argsort(dim=-1, stable=True)[:, :count]


def mean_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats, (E,), of the mean over views of the softmax of logits (E, V, K).

    It is NaN where a logit is.

    Raises:
        ValueError: if there is no view or no class.
    """
    if logits.dim() < 2 or 0 in logits.shape[-2:]:
        raise ValueError(
            f"logits {tuple(logits.shape)} have no mean entropy; give (E, V, K), the logits of at "
            "least one view for at least one class"
        )
    log = logits.log_softmax(-1).logsumexp(-2) - math.log(logits.shape[-2])
    return -(log.exp() * log).sum(-1)


def require_kept(count: int, views: int) -> None:
    """Raise ValueError unless count is of 1 to so many views."""
    if not 1 <= count <= views:
        raise ValueError(f"{count} of {views} views cannot be kept; keep from 1 to all of them")


class Anchor(nn.Module):
    """Remembers a module's parameters as they are now: L2-SP (Li et al., arXiv 1802.01483)."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.moving = [module]  # in a list: its parameters are not this module's
        for number, parameter in enumerate(module.parameters()):
            self.register_buffer(f"start{number}", parameter.detach().clone(), persistent=False)

    def squared_distance(self) -> Tensor:
        """|w - w0|^2 over all parameters, a float32 scalar."""
        pairs = zip(self.moving[0].parameters(), self.buffers(), strict=True)
        squares = (at_least_float32(parameter - start).square().sum() for parameter, start in pairs)
        return sum(squares, torch.zeros(()))


def gaussian_weights(epochs: int, mean: float, std: float) -> Tensor:
    """Weights (epochs,) of epochs 1, 2, ..., float64; they sum to 1.

    Raises:
        ValueError: if std is not above 0.
    """
    if not std > 0:
        raise ValueError(f"GPA_STD must be above 0, got {std}")
    epoch = torch.arange(1, epochs + 1, dtype=torch.float64)
    # softmax of the exponents: a mean far outside the run would underflow otherwise
    return (-0.5 * ((epoch - mean) / std) ** 2).softmax(0)


class GaussianAverage(nn.Module):
    """The weighted sum of a module's parameters over the epochs so far, in buffers.

    Khattak et al., arXiv 2307.06948, equation 7.

    Args:
        module: its parameters are averaged.
        epochs: of the whole run.
        mean: epoch with the largest weight, counted from 1.
        std: in epochs.
    """

    def __init__(self, module: nn.Module, epochs: int, mean: float, std: float):
        super().__init__()
        self.weights = gaussian_weights(epochs, mean, std).tolist()
        for name, parameter in module.named_parameters():
            self.register_buffer(name.replace(".", "_"), torch.zeros_like(parameter))

    @torch.no_grad()
    def add(self, module: nn.Module, epoch: int) -> None:
        """Add the parameters as they are behind an epoch, counted from 0."""
        for buffer, parameter in zip(self.buffers(), module.parameters(), strict=True):
            buffer.add_(parameter, alpha=self.weights[epoch])

    @torch.no_grad()
    def copy_to(self, module: nn.Module) -> None:
        """Let the parameters be the average."""
        for buffer, parameter in zip(self.buffers(), module.parameters(), strict=True):
            parameter.copy_(buffer)
