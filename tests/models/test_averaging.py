"""PromptSRC's average over epochs."""

import pytest
import torch
from torch import nn

from rada.losses import GaussianAverage

pytestmark = pytest.mark.numerical


def test_the_module_ends_as_the_weighted_mean_of_its_epochs():
    """Weights are those of a normal density at epochs 1 to 4, scaled to sum to 1."""
    torch.manual_seed(0)
    module, mean, std = nn.Linear(3, 2), 3.0, 0.8
    average = GaussianAverage(module, 4, mean, std)
    states = []
    for epoch in range(4):
        for parameter in module.parameters():
            nn.init.normal_(parameter)
        states.append(torch.cat([p.detach().flatten() for p in module.parameters()]).double())
        average.add(module, epoch)
    average.copy_to(module)
    density = torch.tensor(
        [2.718281828459045 ** (-0.5 * ((e - mean) / std) ** 2) for e in (1, 2, 3, 4)]
    )
    expected = torch.stack(states).T @ (density / density.sum()).double()
    found = torch.cat([p.detach().flatten() for p in module.parameters()]).double()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
