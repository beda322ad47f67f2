"""Which encoders leave images alone, asked of them; features go through those and no others."""

import pytest
import torch

from rada.backbones.fixed_images import images_enter_alone
from rada.encoders.adapters import AdapterEncoder, FeatureAdapter
from rada.encoders.base import Encoder, FrozenEncoder
from rada.encoders.prompts import CoupledPrompts, IndependentPrompts, PromptEncoder, PromptLearner
from tests.tinyclip import draw_backbone, seeded_images

pytestmark = pytest.mark.numerical

NAMES = ["cat", "dog"]


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone()


def frozen(backbone):
    return FrozenEncoder(backbone, torch.ones(2, backbone.dim))


def adapted(backbone):
    adapter = FeatureAdapter(backbone.dim, 0.2, 0.8)
    return AdapterEncoder(backbone, torch.ones(2, backbone.dim), adapter)


def prompted(backbone):
    return PromptEncoder(backbone, PromptLearner(backbone, NAMES, 2))


def independent(depth):
    return lambda b: PromptEncoder(b, IndependentPrompts(b, NAMES, 2, "", 2, 2, depth))


def coupled(backbone):
    return PromptEncoder(backbone, CoupledPrompts(backbone, NAMES, 2, "", 2))


class Brighter(FrozenEncoder):
    """Somebody's own."""

    def encode_image(self, images):
        return super().encode_image(images + 0.1)


class Bypass(FrozenEncoder):
    """Somebody's own, past the interface."""

    def encode_image(self, images):
        return self.backbone.model.encode_image(images)


def own(cls):
    return lambda backbone: cls(backbone, torch.ones(2, backbone.dim))


@pytest.mark.parametrize("make", [frozen, adapted, prompted, independent(0)])
def test_features_stand_for_pictures_where_nothing_enters_them(make, backbone):
    encoder = make(backbone)
    assert images_enter_alone(encoder)
    images = seeded_images(0, 3, 32)
    with torch.no_grad():
        features = backbone.encode_image(images)
        assert torch.equal(encoder.encode_image(features), encoder.encode_image(images))


@pytest.mark.parametrize("make", [independent(1), coupled, own(Brighter), own(Bypass)])
def test_an_encoder_that_does_more_is_found_out(make, backbone):
    assert not images_enter_alone(make(backbone))


def test_the_question_leaves_the_backbone_as_it_was(backbone):
    assert images_enter_alone(frozen(backbone)) and "encode_image" not in vars(backbone)

    class Broken(Encoder):
        def encode_image(self, images):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        images_enter_alone(Broken(backbone))
    assert "encode_image" not in vars(backbone)


def test_nothing_enters_features(backbone):
    prompts = [torch.zeros(2, backbone.vision_width)]
    features = torch.ones(3, backbone.dim)
    for entering in ({"prompts": prompts}, {"adapters": {0: lambda tokens, norm: tokens}}):
        with pytest.raises(ValueError, match="features that were made without them; set FEATURES"):
            backbone.encode_image(features, **entering)
