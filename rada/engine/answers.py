"""What a model answered to each picture; top-5 accuracy and calibration error of that."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from torch import Tensor

BINS = 15  # of confidence, equally wide


class Answer(NamedTuple):
    """To one picture: true label, predicted label, whether the truth is among the first five, and
    the probability of the prediction, 0 to 1."""

    label: int
    prediction: int
    in_top5: bool
    confidence: float


def answers_of(logits: Tensor, labels: Tensor) -> list[Answer]:
    """The answers that logits (B, K) give to pictures of labels (B,)."""
    confidence, prediction = logits.softmax(-1).max(-1)
    first = logits.topk(min(5, logits.shape[-1]), -1).indices
    in_top5 = (first == labels[:, None].to(first.device)).any(-1)
    columns = (each.tolist() for each in (labels, prediction, in_top5, confidence))
    return [Answer(*row) for row in zip(*columns, strict=True)]


def measures(answers: Iterable[Answer]) -> dict[str, float]:
    """accuracy_top5 and ece of at least one answer, percent."""
    answers = list(answers)
    hits = np.array([answer.label == answer.prediction for answer in answers])
    confidence = np.array([answer.confidence for answer in answers])
    return {
        "accuracy_top5": 100.0 * sum(answer.in_top5 for answer in answers) / len(answers),
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
