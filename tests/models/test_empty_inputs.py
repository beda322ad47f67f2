"""No images, views or classes: the natural result, or one line that says what is missing."""

import math

import pytest
import torch

from rada.head.cosine import CosineHead
from rada.head.penalties import PENALTIES
from rada.head.per_image import MaskCopies
from rada.head.rational import RAdaHead, RationalMask
from rada.losses import confident_views, entropy, mean_entropy
from rada.test_time.copies import fixed_logits
from rada.test_time.episodes import Episode, Episodes
from rada.test_time.token_alignment import AlignedEpisodes, gather
from tests.episodes import KEPT, KINDS, adamw, build, views_of
from tests.rada import features, random_head
from tests.tinyclip import draw_backbone

SCALE = torch.tensor(20.0, dtype=torch.float64)


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone()


def refused(message: str):
    return pytest.raises(ValueError, match=f"^{message}[^\n]*$")


def test_entropies_of_no_image_and_of_one_class():
    assert mean_entropy(torch.zeros(0, 3, 4)).shape == (0,)
    assert entropy(torch.zeros(2, 0, 4)).shape == (2, 0)
    assert confident_views(torch.zeros(0, 3, 4), 2).shape == (0, 2)
    assert torch.equal(mean_entropy(torch.zeros(2, 3, 1)), torch.zeros(2))
    assert mean_entropy(torch.tensor([[[math.nan, 0.0]], [[0.0, 0.0]]])).tolist() == [
        pytest.approx(math.nan, nan_ok=True),
        pytest.approx(math.log(2)),
    ]


@pytest.mark.parametrize("shape", [(2, 0, 4), (2, 3, 0), (4,), ()])
def test_no_mean_entropy(shape):
    with refused(r"logits \(.*\) have no mean entropy; give \(E, V, K\)"):
        mean_entropy(torch.zeros(shape))


@pytest.mark.parametrize("count, views", [(0, 3), (-1, 3), (4, 3), (0, 0), (1, 0)])
def test_no_confident_views(count, views):
    with refused(f"{count} of {views} views cannot be kept; keep from 1 to all of them"):
        confident_views(torch.zeros(2, views, 4), count)


def test_no_class_has_no_entropy():
    for function in (entropy, lambda logits: confident_views(logits, 1)):
        with refused(r"logits of no class \(K = 0\) have no entropy"):
            function(torch.zeros(2, 3, 0))


@pytest.mark.parametrize("form", ["plain", "linear"])
@pytest.mark.parametrize("per_image", [False, True])
def test_no_images_train_nothing(form, per_image):
    head, shape = random_head(alpha=1.0, form=form), (0, 4, 16) if per_image else (4, 16)
    logits, penalty = head(features(0, 16), features(*shape), SCALE)
    (logits.sum() + penalty).backward()
    assert logits.shape == (0, 4)
    assert not any(parameter.grad.any() for parameter in head.parameters())


@pytest.mark.parametrize("dim", [0, -8])
def test_a_head_for_no_features(dim):
    for layer in (RationalMask, RAdaHead):
        with refused(f"there are {dim} features; give the width of the encoders' features"):
            layer(dim)


@pytest.mark.parametrize("shape", [(0, 4), (0, 1), (2, 0), (2, 1)])
def test_the_cosine_of_nothing(shape):
    images, texts = features(shape[0], 16), features(shape[1], 16)
    for each in (texts, texts.expand(shape[0], *texts.shape)):
        logits, penalty = CosineHead()(images, each, 20.0)
        assert logits.shape == shape and penalty == 0


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_of_no_images(penalty):
    change, gradient = torch.zeros(2, 0, 4, 5)
    assert PENALTIES[penalty].value(change).shape == (0,)
    PENALTIES[penalty].add_gradient(change, torch.zeros(0), gradient)


@pytest.mark.parametrize("steps", [1, 2])
def test_copies_of_a_mask_for_nothing(steps):
    copies = MaskCopies(random_head().mask, 0, steps)
    logits = copies.logits(features(0, 3, 16), features(1, 4, 16), SCALE)
    logits.sum().backward()
    assert logits.shape == (0, 3, 4)
    copies = MaskCopies(random_head().mask, 2, steps)
    assert copies.logits(features(2, 3, 16), features(1, 1, 16), SCALE).shape == (2, 3, 1)
    with refused("0 views of 4 classes have no logits; give at least one"):
        copies.logits(features(2, 0, 16), features(1, 4, 16), SCALE)
    with refused("3 views of 0 classes have no logits; give at least one"):
        copies.logits(features(2, 3, 16), features(1, 0, 16), SCALE)
    with refused("a mask cannot be copied -1 times"):
        MaskCopies(random_head().mask, -1, steps)


def test_fixed_logits_of_nothing():
    for head in (random_head(), CosineHead()):
        for images, texts in ((0, 1), (0, 0), (1, 1)):
            logits = fixed_logits(head, features(images, 3, 16), features(texts, 4, 16), SCALE)
            assert logits.shape == (images, 3, 4)
        assert fixed_logits(head, features(2, 0, 16), features(1, 4, 16), SCALE).shape == (2, 0, 4)


@pytest.mark.parametrize("kind", [*KINDS, "cocoop"])
def test_episodes_of_nothing(kind, backbone):
    classifier, tune = build(backbone, kind)
    episodes, views = Episodes(classifier, tune, Episode(KEPT, 1, adamw)), views_of(2)
    logits, some = episodes(views[:0]), episodes(views)
    assert logits.shape == (0, some.shape[1]) and logits.dtype == some.dtype
    assert torch.equal(torch.cat([logits, some]), some)
    for number in (0, KEPT - 1):
        with refused(f"{KEPT} of {number} views cannot be kept; keep from 1 to all"):
            episodes(views[:, :number])


@pytest.mark.parametrize("kept, steps", [(0, 1), (-1, 1), (1, -1)])
def test_numbers_that_make_no_episode(kept, steps, backbone):
    with refused(f"an episode learns from 1 view or more in 0 steps or more, not from {kept} in "):
        Episodes(*build(backbone, "fresh both"), Episode(kept, steps, adamw))


@pytest.mark.parametrize("tune, found", [((), "nothing"), (("mask", "bias"), "mask, bias")])
def test_nothing_to_tune(tune, found, backbone):
    classifier, _ = build(backbone, "fresh both")
    with refused(f'episodes tune "prompt", "mask" or both, not {found}'):
        Episodes(classifier, tune, Episode(KEPT, 1, adamw))


@pytest.mark.parametrize("batches", [[], [[torch.zeros(5, 0, 4)] * 2]], ids=["none", "empty"])
def test_statistics_of_no_image(batches):
    with refused("there is no image to gather token statistics from"):
        gather(iter(batches))


def test_alignment_in_no_block(backbone):
    classifier, tune = build(backbone, "maple")
    with refused(r"range\(1, 1\) holds no block to align tokens in"):
        AlignedEpisodes(classifier, tune, Episode(KEPT, 1, adamw), None, range(1, 1), 1.0)
