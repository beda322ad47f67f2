"""What only a GPU can tell: the head through FlexAttention against the dense one in float64."""

import copy

import pytest
import torch

from benchmarks.dense import DenseHead
from models import fused_attention
from models.rational import RAdaHead
from tests.models.test_rational_float32 import DIM, error, step
from tests.rada import drawn_weights, features, load_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
# largest error of logits and of gradients; half precision is that of projections and attention
BOUNDS = {"fp32": (2e-6, 1e-4), "amp_bf16": (0.02, 0.1), "amp": (0.005, 0.05)}


@pytest.mark.parametrize("precision", BOUNDS)
@pytest.mark.parametrize("num_classes, num_images", [(50, 8), (300, 3), (1000, 2)])
def test_fused_is_near_float64(num_classes, num_images, precision):
    head = RAdaHead(DIM, alpha=0.7, penalty="mse", precision=precision)
    load_weights(head, drawn_weights(7, DIM)).cuda()
    assert fused_attention.works(DIM // 8, torch.float32)
    exact = copy.deepcopy(head).double()
    images = features(num_images, DIM, dtype=torch.float64)
    texts = features(num_classes, DIM, seed=1, dtype=torch.float64)
    inputs = [images.cuda(), texts.cuda(), torch.tensor(100.0, dtype=torch.float64).cuda()]
    expected, gradients = step(DenseHead(exact.mask, 0.7, "mse"), exact, *inputs)
    logits, found = step(head, head, *(tensor.float() for tensor in inputs))
    of_logits, of_gradients = BOUNDS[precision]
    assert error(logits, expected) < of_logits
    names = [name for name, _ in head.named_parameters()] + ["image", "text", "scale"]
    errors = {
        name: error(value, wanted)
        for name, value, wanted in zip(names, found, gradients, strict=True)
        if "query" not in name or precision == "fp32"  # small differences of large numbers
    }
    print(precision, num_classes, error(logits, expected), errors)
    assert max(errors.values()) < of_gradients, errors


def test_tiled_equals_fused(monkeypatch):
    head = load_weights(RAdaHead(DIM), drawn_weights(7, DIM)).cuda()
    inputs = [features(5, DIM).float().cuda(), features(70, DIM, seed=1).float().cuda()]
    inputs.append(torch.tensor(100.0).cuda())
    fused = step(head, head, *inputs)
    monkeypatch.setattr(fused_attention, "suits", lambda *_: False)
    tiled = step(head, head, *inputs)
    assert error(fused[0], tiled[0].double()) < 2e-6
    for value, expected in zip(fused[1], tiled[1], strict=True):
        assert error(value, expected.double()) < 1e-4
