"""Prompts and adapters in the blocks: precisions, positions, clean-up and mistakes."""

import pytest
import torch

from rada.backbones.backbone import Backbone
from rada.backbones.weights import import_clip
from rada.encoders import prompts
from rada.encoders.adapters import BlockAdapter, MultiModalAdapterEncoder, MultiModalAdapters
from rada.encoders.base import Encoder
from rada.encoders.prompts import (
    ConditionalEncoder,
    ConditionalPromptLearner,
    CoupledPrompts,
    IndependentPrompts,
    PromptEncoder,
    PromptLearner,
)
from rada.precisions import PRECISIONS
from tests.tinyclip import draw_backbone, draw_state_dict, seeded_images

pytestmark = pytest.mark.numerical

NAMES = ["cat", "very small dog", "bird"]


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone()


@pytest.fixture(scope="module")
def resnet():
    weights = draw_state_dict("tinyclip_rn_spec.json")
    return Backbone(import_clip().model.build_model(weights).float())


def features(encoder) -> tuple[torch.Tensor, torch.Tensor]:
    """Image and class features of one seeded initialisation."""
    return encoder.encode_image(seeded_images(3, 4, 32)), encoder.encode_text()


def encoders(precision: str) -> list[Encoder]:
    """MaPLe's, IVLP's and MMA's encoders on the tiny CLIP, always the same."""
    torch.manual_seed(0)
    backbone = draw_backbone(precision=precision)
    coupled = CoupledPrompts(backbone, NAMES, 2, "a photo of a", 2)
    independent = IndependentPrompts(backbone, NAMES, 2, "a photo", 2, 3, 2)
    adapters = MultiModalAdapters(backbone, 1, 2, 8, 0.1)
    return [
        PromptEncoder(backbone, coupled),
        PromptEncoder(backbone, independent),
        MultiModalAdapterEncoder(backbone, backbone.tokenize(NAMES), adapters),
    ]


@pytest.mark.parametrize("precision", [p for p in PRECISIONS if p != "fp32"])
def test_lower_precisions_stay_close_and_give_finite_gradients(precision):
    """Learned tensors are float32 whatever the backbone is; so are their gradients."""
    for exact, rough in zip(encoders("fp32"), encoders(precision), strict=True):
        for a, b in zip(features(exact), features(rough), strict=True):
            assert b.dtype != torch.float32
            assert (torch.cosine_similarity(a, b.float(), dim=-1) > 0.98).all()
        sum(f.float().square().sum() for f in features(rough)).backward()
        learned = [p for p in rough.parameters() if p.requires_grad]
        assert learned
        assert all(p.dtype == torch.float32 and p.grad.isfinite().all() for p in learned)


@pytest.mark.parametrize("position", ["end", "middle", "front"])
def test_deep_text_prompts_stand_where_the_context_stands(position, backbone):
    """Replacing a deep prompt by what the block before made of its places changes nothing."""
    learner = PromptLearner(backbone, NAMES, 4, class_token_position=position)
    seen = {}
    blocks = backbone.model.transformer.resblocks
    handle = blocks[0].register_forward_hook(lambda m, a, out: seen.update(out=out))
    plain = backbone.encode_text(learner.tokens, learner.text_prompts(), learner.slots)
    handle.remove()
    tokens = seen["out"].transpose(0, 1)  # (K, L, W)
    deep = tokens[learner.slots[:, : tokens.shape[1]]].view(len(NAMES), 4, -1)
    again = backbone.encode_text(learner.tokens, [learner.ctx, deep], learner.slots)
    torch.testing.assert_close(again, plain)
    other = backbone.encode_text(learner.tokens, [learner.ctx, -deep], learner.slots)
    assert not torch.allclose(other, plain, atol=1e-3)


def test_nothing_stays_behind(backbone):
    """After prompts, adapters and an error in between, CLIP answers as before."""
    images, tokens = seeded_images(3, 2, 32), backbone.tokenize(NAMES)
    before = backbone.encode_image(images), backbone.encode_text(tokens)
    for encoder in encoders("fp32"):
        features(encoder)
    with pytest.raises(RuntimeError):
        backbone.encode_image(images, [torch.zeros(2, 7)])
    with pytest.raises(RuntimeError):
        backbone.encode_text(tokens, adapters={0: lambda tokens, norm: torch.zeros(2, 7)})
    after = backbone.encode_image(images), backbone.encode_text(tokens)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    for module in backbone.model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks


def test_a_block_adapter_learns_as_if_its_scale_were_one():
    """Its own gradients do not depend on the scale; the input's is the exact one."""
    torch.manual_seed(0)
    adapter, shared = BlockAdapter(6, 3, 1.0).double(), torch.nn.Linear(3, 3).double()
    norm, tokens = torch.nn.LayerNorm(6).double(), torch.randn(2, 4, 6, dtype=torch.float64)
    adapter.up.weight.data.mul_(0.1)
    found = {}
    for scale in (1.0, 0.01):
        adapter.scale = scale
        inputs = tokens.clone().requires_grad_()
        output = adapter(shared, inputs, norm)
        found[scale] = output, *torch.autograd.grad(output.sum(), [adapter.down.weight, inputs])
    for one, small, factor in zip(found[1.0], found[0.01], (0.01, 1.0, 0.01), strict=True):
        torch.testing.assert_close(small, factor * one, rtol=1e-4, atol=1e-7)


def test_text_methods_run_on_a_resnet_and_others_say_why_not(resnet):
    learner = PromptLearner(resnet, NAMES, 2)
    assert PromptEncoder(resnet, learner).encode_text().isfinite().all()
    assert (resnet.vision_width, resnet.vision_blocks) == (0, 0)
    with pytest.raises(ValueError, match="a ResNet's image encoder has no blocks"):
        resnet.encode_image(seeded_images(3, 2, 64), [torch.zeros(2, 8)])


def test_too_many_prompts_or_words_too_few_are_named(backbone):
    prompts = [torch.zeros(2, 64)] * 3
    with pytest.raises(ValueError, match="2 blocks, prompts or adapters for 3"):
        backbone.encode_image(seeded_images(3, 2, 32), prompts)
    with pytest.raises(ValueError, match='N_CTX 3 is more than the 2 tokens of CTX_INIT "a photo"'):
        PromptLearner(backbone, NAMES, 3, "a photo")


@pytest.mark.parametrize("position", ["front", "middle"])
def test_words_of_several_tokens_count_as_these(backbone, position):
    """The class name stands before or in the middle of all of them, and each has a vector."""
    words, name = "antidisestablishmentarianism photo", "crane"
    count = backbone.count_tokens(words)
    assert count > 2
    learner = PromptLearner(backbone, [name], None, words, False, position)
    spoken = backbone.tokenize([words])[0, 1 : 1 + count].tolist()
    own = backbone.tokenize([name])[0, 1 : 1 + backbone.count_tokens(name)].tolist()
    before = 0 if position == "front" else count // 2
    expected = [*spoken[:before], *own, *spoken[before:]]
    assert learner.tokens[0, 1 : 1 + len(expected)].tolist() == expected
    assert len(learner.ctx) == count == int(learner.slots.sum())


def test_conditional_texts_may_be_encoded_a_few_at_a_time(backbone, monkeypatch):
    torch.manual_seed(0)
    learner = ConditionalPromptLearner(backbone, NAMES, 2, "a photo")
    encoder = ConditionalEncoder(backbone, learner)
    image_features = torch.nn.functional.normalize(torch.randn(5, backbone.dim), dim=-1)
    whole = encoder.encode_text(image_features)
    assert whole.shape == (5, len(NAMES), backbone.dim)
    monkeypatch.setattr(prompts, "TEXTS_AT_ONCE", 2 * len(NAMES))
    torch.testing.assert_close(encoder.encode_text(image_features), whole)


def test_stray_blanks_are_no_words(backbone):
    """The context would otherwise stand on the class name's own tokens."""
    plain, stray = (PromptLearner(backbone, NAMES, 2, c) for c in ("a photo", "_a  photo_"))
    assert torch.equal(plain.tokens, stray.tokens) and torch.equal(plain.slots, stray.slots)
