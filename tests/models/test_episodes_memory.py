"""Memory of test-time training."""

import pytest

from benchmarks.test_time_case import Case


# a thousand classes and three steps take 0.9 to 1.1 GB, and up to three minutes: at a hundred it
# is 0.42 GB, of which weights, gradients and moments of eight masks are half
@pytest.mark.parametrize(
    "method, num_classes, steps, most",
    [("RAdaTPT", 1000, 1, 1e9), ("RAdaTPT", 100, 3, 0.55e9), ("RAdaTPTPretrained", 100, 3, 0.55e9)],
)
def test_memory_beyond_the_encoders(method, num_classes, steps, most):
    """Eight images of 64 views side by side, 512 features, each with a mask of its own."""
    case = Case(method, "ViT-B/16", num_classes, 8, steps=steps)
    peak = case.peak_bytes(threads=1)
    assert peak is not None and peak < most
