"""What the RAda head refuses, and the line it says."""

import pytest
import torch

from rada.head.rational import RAdaHead, RationalMask
from tests.rada import features, random_head

NAN = torch.full((2, 16), torch.nan)
ZERO = torch.zeros(2, 16)
HUGE = torch.full((2, 16), torch.inf)
GOOD = features(2, 16)


@pytest.mark.parametrize("use", [lambda head: head, lambda head: head.mask], ids=["head", "mask"])
@pytest.mark.parametrize(
    "image, text, message",
    [
        (NAN, GOOD, "image features hold a vector that is zero or not finite"),
        (GOOD, NAN, "text features hold a vector that is zero or not finite"),
        (ZERO, GOOD, "image features hold a vector that is zero"),
        (GOOD, torch.stack([GOOD, ZERO]), "text features hold a vector that is zero"),
        (GOOD, HUGE, "text features hold a vector that is zero or not finite"),
        (GOOD, GOOD[:0], "no classes"),
        (GOOD * 14.3, GOOD, r"image features have to be L2-normalised, vector \d has norm 14.3;"),
        (GOOD, torch.stack([GOOD, 0.9 * GOOD]), r"text .*, vector [23] has norm 0.9; divide them"),
        (
            GOOD,
            features(5, 16).T,
            r"text features \(16, 5\) seem to be turned round, .*_features.mT",
        ),
        (features(2, 8), GOOD, "built for 16 features, got 8 of the image and 16 of the text"),
        (GOOD, features(3, 4, 16), r"\(2, 16\) and text features \(3, 4, 16\) do not fit"),
        (GOOD[0], GOOD, r"give \(B, D\) and \(K, D\)"),
    ],
)
def test_features(use, image, text, message):
    with pytest.raises(ValueError, match=message) as error:
        use(random_head())(image, text, 20.0)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"dim": 20}, "20 features split over 1, 2, 4, 5, 10, 20 heads, not over 8"),
        ({"dim": 16, "num_heads": 0}, "16 features split over 1, 2, 4, 8, 16 heads, not over 0"),
        ({"dim": 16, "temperature": 0.0}, "temperature must be above 0, got 0.0"),
        ({"dim": 16, "temperature": float("nan")}, "temperature must be above 0, got nan"),
    ],
)
def test_arguments(arguments, message):
    for layer in (RationalMask, RAdaHead):
        with pytest.raises(ValueError, match=message):
            layer(**arguments)


def test_unknown_penalty():
    with pytest.raises(ValueError, match='penalty "l1" is unknown; choose from linf, mse'):
        RAdaHead(16, penalty="l1")


def test_no_images_give_no_logits():
    logits, penalty = random_head(alpha=1.0)(GOOD[:0], GOOD, 20.0)
    assert logits.shape == (0, 2) and penalty == 0
