"""What episodes leave alone, and how often they encode."""

import copy

import pytest
import torch

from rada.losses import entropy
from rada.test_time.copies import fixed_logits
from rada.test_time.episodes import Episode, Episodes
from tests.episodes import KEPT, KINDS, NAMES, adamw, build, views_of
from tests.float64 import CLOSE, in_float64
from tests.tinyclip import draw_backbone

pytestmark = pytest.mark.numerical


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone()


@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_the_classifier_stays_as_it_is(kind, backbone):
    """Twice the same answer; nothing moved, no gradient left, the same tensors ask for one."""
    classifier, tune = build(backbone, kind)
    before = copy.deepcopy(classifier.state_dict())
    asking = [p.requires_grad for p in classifier.parameters()]
    episodes, views = Episodes(classifier, tune, Episode(KEPT, 2, adamw)), views_of(2)
    assert torch.equal(episodes(views), episodes(views))
    for name, tensor in classifier.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert [p.requires_grad for p in classifier.parameters()] == asking
    assert all(p.grad is None for p in classifier.parameters())


@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_without_a_step_it_is_the_classifier(kind):
    classifier, tune = build(in_float64(draw_backbone()), kind)
    views = views_of(2).double()
    found = Episodes(classifier, tune, Episode(KEPT, 0, adamw))(views)
    with torch.no_grad():
        expected = classifier(views[:, 0]).logits
    torch.testing.assert_close(found, expected, **CLOSE)


def encoded(backbone, name: str, monkeypatch) -> list[int]:
    """A list that gets the number of pictures or texts of each call of an encoder."""
    numbers, encode = [], getattr(backbone, name)

    def counted(inputs, *args):
        numbers.append(len(inputs))
        return encode(inputs, *args)

    monkeypatch.setattr(backbone, name, counted)
    return numbers


@pytest.mark.parametrize("kind, pictures", [("tpt", 10), ("fresh mask", 10), ("maple", 10 + 3 + 1)])
def test_views_are_encoded_once_unless_prompts_enter(kind, pictures, backbone, monkeypatch):
    classifier, tune = build(backbone, kind)
    numbers = encoded(backbone, "encode_image", monkeypatch)
    Episodes(classifier, tune, Episode(KEPT, 1, adamw))(views_of(1))
    assert sum(numbers) == pictures


@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_views_are_scored_without_a_graph(kind, backbone, monkeypatch):
    """All ten of each image; a graph is for those that are kept."""
    classifier, tune = build(backbone, kind)
    scored = []

    def watched(head, images, *rest):
        scored.append((images.shape[1], images.requires_grad, torch.is_grad_enabled()))
        return fixed_logits(head, images, *rest)

    monkeypatch.setattr("rada.test_time.episodes.fixed_logits", watched)
    Episodes(classifier, tune, Episode(KEPT, 2, adamw))(views_of(2))
    assert scored == [(10, False, False)]


@pytest.mark.parametrize("kind, times", [("tpt", 1 + 4), ("fresh mask", 1), ("cocoop", 4 + 4)])
def test_texts_are_encoded_once_unless_they_move(kind, times, backbone, monkeypatch):
    """For four images, how many times all classes: for all at the start, then for each."""
    classifier, tune = build(backbone, kind)
    numbers = encoded(backbone, "encode_text", monkeypatch)
    Episodes(classifier, tune, Episode(KEPT, 1, adamw))(views_of(4))
    assert sum(numbers) == times * len(NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_one_view_is_enough(kind, backbone):
    """V = 1, kept: its own entropy is lowered."""
    classifier, tune = build(backbone, kind)
    views = views_of(2)[:, :1]
    found = Episodes(classifier, tune, Episode(1, 1, adamw))(views)
    with torch.no_grad():
        before = classifier(views[:, 0]).logits
    assert (entropy(found) < entropy(before)).all()


@pytest.mark.parametrize(
    "kind, images",
    [("maple", 128 // 6), ("tpt", 1024 // 5), ("fresh mask", 24_000 // 30), ("fresh both", 204)],
)
def test_images_side_by_side_are_bounded_by_what_grows_with_them(kind, images, backbone):
    """Pictures with gradients, texts, rows of rational matrices; six views kept, five classes."""
    classifier, tune = build(backbone, kind)
    assert Episodes(classifier, tune, Episode(6, 1, adamw)).at_once() == images
