"""Predictions, one a picture; top-5 accuracy and calibration error of that."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from torch import Tensor

BINS = 15  # of confidence, equally wide


class Prediction(NamedTuple):
    """To one picture: true label, predicted label, whether the truth is among the first five, and
    the probability of the prediction, 0 to 1."""

    label: int
    prediction: int
    in_top5: bool
    confidence: float


def predictions_of(logits: Tensor, labels: Tensor) -> list[Prediction]:
    """The predictions that logits (B, K) give to pictures of labels (B,)."""
    confidence, prediction = logits.softmax(-1).max(-1)
    first = logits.topk(min(5, logits.shape[-1]), -1).indices
    in_top5 = (first == labels[:, None].to(first.device)).any(-1)
    columns = (each.tolist() for each in (labels, prediction, in_top5, confidence))
    return [Prediction(*row) for row in zip(*columns, strict=True)]


def top5_and_calibration(predictions: Iterable[Prediction]) -> dict[str, float]:
    """accuracy_top5 and ece of at least one prediction, percent."""
    predictions = list(predictions)
    hits = np.array([prediction.label == prediction.prediction for prediction in predictions])
    confidence = np.array([prediction.confidence for prediction in predictions])
    return {
        "accuracy_top5": 100.0 * sum(each.in_top5 for each in predictions) / len(predictions),
        "ece": 100.0 * calibration_error(confidence, hits),
    }


def calibration_error(confidence: np.ndarray, hits: np.ndarray) -> float:
    """Expected calibration error, 0 to 1 (Guo et al., arXiv 1706.04599).

    The mean over pictures of |accuracy - confidence| of the bin that the picture falls into; bins
    are open to the left.

    Args:
        confidence: (N,), 0 to 1.
        hits: (N,), whether the prediction was right.
    """
    bins = np.ceil(confidence * BINS).clip(1, BINS).astype(int)
    gaps = np.bincount(bins, weights=hits - confidence, minlength=BINS + 1)
    return float(np.abs(gaps).sum() / len(hits))
