"""Episodes side by side against one image after the other, the whole model with gradients."""

import pytest
import torch

from benchmarks.plain_episodes import plain_episodes
from rada.test_time.episodes import Episode, Episodes
from tests.episodes import KEPT, KINDS, adamw, build, sgd, views_of
from tests.float64 import CLOSE, in_float64
from tests.tinyclip import draw_backbone

pytestmark = pytest.mark.numerical


@pytest.fixture(scope="module")
def backbone():
    return in_float64(draw_backbone())


@pytest.mark.parametrize("steps, optimizer", [(1, adamw), (3, adamw), (3, sgd)])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_plain_loop(kind, steps, optimizer, backbone):
    classifier, tune = build(backbone, kind)
    views = views_of(3).double()
    episode = Episode(KEPT, steps, optimizer)
    expected = plain_episodes(classifier, tune, episode, views)
    found = Episodes(classifier, tune, episode)(views)
    before = classifier(views[:, 0]).logits
    torch.testing.assert_close(found, expected, **CLOSE)
    assert (found - before).abs().max() > 1e-3  # it has moved


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_images_side_by_side_equal_one_at_a_time(kind, steps, backbone):
    """They are multiplied in other shapes, and so in another order."""
    classifier, tune = build(backbone, kind)
    views = views_of(4).double()
    episodes = Episodes(classifier, tune, Episode(KEPT, steps, adamw))
    together = episodes(views)
    alone = torch.cat([episodes(one) for one in views.split(1)])
    torch.testing.assert_close(together, alone, **CLOSE)
