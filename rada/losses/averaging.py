"""An average of learned tensors over epochs, weighted by a Gaussian (PromptSRC's GPA)."""

import torch
from torch import Tensor, nn


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
