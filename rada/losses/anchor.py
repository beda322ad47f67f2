"""Distance of weights from where they started: L2-SP (Li et al., arXiv 1802.01483)."""

import torch
from torch import Tensor, nn

from rada.backbones.precision import at_least_float32


class Anchor(nn.Module):
    """Remembers a module's parameters as they are now."""

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
