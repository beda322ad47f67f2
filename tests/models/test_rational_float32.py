"""The head in float32, as it trains, against the dense formula in float64: features of norm 1 and
s = 100 as CLIP has them, a mask far from 1, forward and all gradients.
"""

import copy

import pytest
import torch
import torch.nn.functional as F

from benchmarks.dense import DenseHead
from rada.head.rational import RAdaHead
from tests.rada import drawn_weights, features, load_weights

pytestmark = pytest.mark.numerical

DIM = 512


def step(head, layers, image, text, scale):
    """Logits, and all gradients of a training step: of parameters, features and scale."""
    moving = [image, text, scale]
    moving = [tensor.detach().clone().requires_grad_() for tensor in moving]
    logits, penalty = head(*moving)
    loss = (
        F.cross_entropy(logits, torch.zeros(len(image), dtype=torch.long, device=image.device))
        + penalty
    )
    return logits, torch.autograd.grad(loss, [*layers.parameters(), *moving])


def error(value, expected):
    """Length of the difference over the length."""
    return ((value.double() - expected).norm() / expected.norm()).item()


# largest error of a gradient; it grows with K where sums over all K*K scores are taken
BOUNDS = [
    *(("linear", 50, 8, 2e-5), ("linear", 300, 2, 2e-5), ("linear", 1000, 1, 2e-5)),
    *(("plain", 50, 8, 2e-5), ("plain", 300, 2, 5e-5), ("plain", 800, 1, 1.5e-4)),
]


@pytest.mark.parametrize("form, num_classes, num_images, bound", BOUNDS)
def test_float32_is_near_float64(form, num_classes, num_images, bound):
    """The dense formula itself is off by 7e-4 in float32 at K = 1000."""
    # the smooth penalty: near a tie the largest change may be another element in float32
    head = load_weights(RAdaHead(DIM, alpha=0.7, penalty="mse", form=form), drawn_weights(7, DIM))
    exact = copy.deepcopy(head).double()
    inputs = (
        features(num_images, DIM, dtype=torch.float64),
        features(num_classes, DIM, seed=1, dtype=torch.float64),
        torch.tensor(100.0, dtype=torch.float64),
    )
    expected, gradients = step(DenseHead(exact.mask, 0.7, "mse"), exact, *inputs)
    logits, found = step(head, head, *(tensor.float() for tensor in inputs))
    assert error(logits, expected) < 1e-6
    names = [name for name, _ in head.named_parameters()] + ["image", "text", "scale"]
    for name, value, wanted in zip(names, found, gradients, strict=True):
        assert error(value, wanted) < bound, name
