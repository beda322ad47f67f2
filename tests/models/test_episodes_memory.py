"""Memory of test-time training with many classes."""

from benchmarks.test_time_case import Case


def test_a_thousand_classes_fit_into_two_gigabytes_beyond_the_encoders():
    """Eight images of 64 views side by side, 512 features, each with a mask of its own."""
    peak = Case("RAdaTPT", "ViT-B/16", 1000, 8).peak_bytes(threads=1)
    assert peak is not None and peak < 1e9
