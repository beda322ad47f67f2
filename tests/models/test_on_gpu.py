"""What only a GPU can tell: both of its paths against the dense formula in float64."""

import copy

import pytest
import torch

from benchmarks.dense import DenseHead
from rada.head import fused_attention
from rada.head.rational import RAdaHead
from tests.models.test_rational_float32 import DIM, error, step
from tests.rada import drawn_weights, features, load_weights

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
    pytest.mark.filterwarnings("ignore"),  # of what compiling imports
]
# largest error of logits and of gradients; half precision is that of projections and attention.
# Without loss scaling small gradients vanish in float16.
BOUNDS = {"fp32": (2e-6, 1e-4), "amp_bf16": (0.005, 0.02), "amp": (0.001, 0.2)}


@pytest.mark.parametrize("precision", BOUNDS)
@pytest.mark.parametrize("num_classes, num_images", [(50, 8), (300, 3), (1000, 2)])
def test_head_is_near_float64(num_classes, num_images, precision):
    head = RAdaHead(DIM, alpha=0.7, penalty="mse", precision=precision)
    load_weights(head, drawn_weights(7, DIM)).cuda()
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


@pytest.mark.parametrize("dtype", fused_attention.TYPES)
def test_flex_attention_compiles(dtype):
    assert fused_attention.works(DIM // 8, dtype)


def test_sizes_do_not_compile_anew():
    """FlexAttention would be dense after eight compilations, which its warning tells of."""
    head = RAdaHead(DIM, precision="amp_bf16").cuda()
    for num_images, num_classes in zip(range(1, 24, 2), range(2, 60, 5), strict=True):
        inputs = [features(n, DIM).float().cuda() for n in (num_images, num_classes)]
        with torch.no_grad():
            head(*inputs, 100.0)
        head(*inputs, 100.0)[0].sum().backward()
