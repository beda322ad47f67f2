"""Top-5 accuracy and calibration error of predictions."""

import numpy as np
import pytest
import torch

from rada.engine.metrics import Prediction, calibration_error, predictions_of, top5_and_calibration


def test_predictions_of_logits():
    logits = torch.tensor([[0.0, 1, 2, 3, 4, 5], [9.0, 0, 0, 0, 0, 0]])
    first, second = predictions_of(logits, torch.tensor([0, 3]))
    assert (first.label, first.prediction, first.in_top5) == (0, 5, False)
    assert first.confidence == pytest.approx(logits[0].softmax(0).max().item())
    assert (second.label, second.prediction, second.in_top5) == (3, 0, True)


def test_with_fewer_than_five_classes_all_are_among_the_first():
    assert (
        top5_and_calibration(predictions_of(torch.tensor([[1.0, 2]]), torch.tensor([0])))[
            "accuracy_top5"
        ]
        == 100
    )


def test_calibration_error_equals_its_definition():
    """Bin by bin, as Guo et al. write it."""
    rng = np.random.default_rng(0)
    confidence, hits = rng.uniform(0, 1, 500), rng.uniform(0, 1, 500) < 0.6
    edges, expected = np.linspace(0, 1, 16), 0.0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = abs(hits[inside].mean() - confidence[inside].mean())
            expected += gap * inside.mean()
    assert calibration_error(confidence, hits) == pytest.approx(expected)


def test_perfect_and_worst_calibration():
    sure = [Prediction(1, 1, True, 1.0)] * 3
    assert top5_and_calibration(sure)["ece"] == 0
    assert top5_and_calibration([Prediction(0, 1, True, 1.0)] * 3)["ece"] == 100
    assert (
        top5_and_calibration([Prediction(0, 0, True, 0.0)])["ece"] == 100
    )  # the first bin has the edge as well
