"""Episodes in half precision: the loss is scaled, and a step that overflows is not taken."""

import pytest
import torch

from rada.test_time.episodes import Episode, Episodes
from tests.episodes import KEPT, adamw, build, sgd, views_of
from tests.float64 import CLOSE, in_float64
from tests.tinyclip import draw_backbone

pytestmark = pytest.mark.numerical

OPTIMIZERS = [adamw, sgd]  # both decay, and remember gradients


@pytest.fixture(scope="module")
def backbone():
    return in_float64(draw_backbone())


class Overflows(Episodes):
    """Scales the loss; that of one image overflows in the first of its steps."""

    def __init__(self, *setting, victim: torch.Tensor, times: int):
        super().__init__(*setting)
        self.loss_scale, self.victim, self.times = 1024.0, self.look(victim)[0], times

    def adapt(self, views):
        self.left = self.times
        return super().adapt(views)

    def loss(self, copies, seen, texts):
        gaps = (seen[:, :, None] - self.victim).abs().amax(-1)  # to each view of the victim
        ruined = (gaps.amin((1, 2)) < 1e-5) & (self.left > 0)
        self.left -= 1
        return super().loss(copies, seen * torch.where(ruined, torch.inf, 1)[:, None, None], texts)


@pytest.mark.parametrize("kind", ["tpt", "fresh both"])
def test_a_scaled_loss_gives_the_same(kind, backbone):
    """A power of two changes no digit."""
    classifier, tune = build(backbone, kind)
    episodes, views = Episodes(classifier, tune, Episode(KEPT, 1, sgd)), views_of(3).double()
    expected = episodes(views)
    episodes.loss_scale = 1024.0
    assert torch.equal(episodes(views), expected)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("kind", ["tpt", "fresh mask", "trained both"])
def test_an_overflow_is_as_if_there_were_no_such_step(kind, times, optimizer, backbone):
    """Of two steps the image takes those that are left, decay and momentum included."""
    classifier, tune = build(backbone, kind)
    views = views_of(3).double()

    def after(steps: int) -> torch.Tensor:
        return Episodes(classifier, tune, Episode(KEPT, steps, optimizer))(views)

    episode = Episode(KEPT, 2, optimizer)
    found = Overflows(classifier, tune, episode, victim=views[1:2], times=times)(views)
    torch.testing.assert_close(found[1], after(2 - times)[1], **CLOSE)
    torch.testing.assert_close(found[[0, 2]], after(2)[[0, 2]], **CLOSE)
    assert (after(2) - after(2 - times)).abs().amin(1).max() > 1e-3
