"""The RAda head against its equations written down line by line, in float64."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.dense import DenseHead
from tests.rada import head_inputs, random_head

pytestmark = pytest.mark.numerical


@settings(max_examples=40, deadline=None)
@given(
    num_images=st.integers(1, 4),
    num_classes=st.integers(1, 9),
    num_heads=st.sampled_from([1, 2, 4]),
    temperature=st.floats(0.3, 3),
    penalty=st.sampled_from(["linf", "mse"]),
    per_image=st.booleans(),
    form=st.sampled_from(["plain", "linear"]),
)
def test_equals_the_dense_formula(
    num_images, num_classes, num_heads, temperature, penalty, per_image, form
):
    options = {"temperature": temperature, "alpha": 0.7, "penalty": penalty, "form": form}
    head = random_head(16, num_heads, **options)
    dense = DenseHead(head.mask, 0.7, penalty)
    tensors = head_inputs(num_images, num_classes, per_image=per_image)
    label = torch.arange(num_images) % num_classes
    ours, theirs = (gradients(h, head, tensors, label) for h in (head, dense))
    for value, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-9)
    mask = head.mask(*tensors)
    torch.testing.assert_close(mask, dense.mask(*tensors), rtol=1e-9, atol=1e-9)


def gradients(head, layers, tensors, label):
    """Logits, penalty and all gradients of one training step."""
    logits, penalty = head(*tensors)
    loss = F.cross_entropy(logits, label) + penalty
    return logits, penalty, *torch.autograd.grad(loss, [*layers.parameters(), *tensors])
