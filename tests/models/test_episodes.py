"""Episodes side by side against one image after the other, the whole model with gradients."""

import pytest
import torch

from benchmarks.plain_episodes import plain_episodes
from models.episodes import Episode, Episodes
from tests.episodes import KEPT, KINDS, adamw, build, sgd, views_of
from tests.tinyclip import draw_backbone


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone()


# AdamW moves by the sign of gradients, so that after a first step rounding errors grow
@pytest.mark.parametrize("steps, optimizer, close", [(1, adamw, 1e-4), (3, sgd, 1e-3)])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_plain_loop(kind, steps, optimizer, close, backbone):
    classifier, tune = build(backbone, kind)
    views = views_of(3)
    episode = Episode(KEPT, steps, optimizer)
    expected = plain_episodes(classifier, tune, episode, views)
    found = Episodes(classifier, tune, episode)(views)
    before = classifier(views[:, 0]).logits
    torch.testing.assert_close(found, expected, rtol=0, atol=close)
    assert (found - before).abs().max() > 10 * close  # it has moved


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_images_side_by_side_equal_one_at_a_time(kind, steps, backbone):
    classifier, tune = build(backbone, kind)
    views = views_of(4)
    episodes = Episodes(classifier, tune, Episode(KEPT, steps, adamw))
    together = episodes(views)
    alone = torch.cat([episodes(one) for one in views.split(1)])
    # pictures that pass the image encoder with gradients are multiplied in other shapes; so are
    # the heads of several masks, and later steps of AdamW move by signs that rounding decides
    close = 2e-4 if kind == "maple" else 1e-5 if steps == 1 else 2e-5
    torch.testing.assert_close(together, alone, rtol=0, atol=close)
