"""The parts of full fine-tuning, each against a computation by hand."""

import math

import pytest
import torch
from torch import nn

from rada.backbones.templates import encode_ensemble, encode_template
from rada.classifier import CLIPClassifier, normalize
from rada.encoders.base import FrozenEncoder, SentenceEncoder
from rada.encoders.class_linear import ClassLinear, FreeLinearHead
from rada.losses import Anchor, contrastive_loss
from tests.tinyclip import draw_backbone, seeded_images

pytestmark = pytest.mark.numerical

NAMES = ["cat", "very small dog", "bird"]
TEMPLATES = ["a photo of a {}.", "a drawing of the {}."]


def test_anchor_measures_the_squared_distance_from_the_start():
    module = nn.Linear(3, 2)
    anchor = Anchor(module)
    assert anchor.squared_distance() == 0
    with torch.no_grad():
        module.weight[1, 2] += 3
        module.bias[0] -= 2
    distance = anchor.squared_distance()
    assert distance.item() == pytest.approx(9 + 4)
    distance.backward()
    assert module.weight.grad[1, 2].item() == pytest.approx(2 * 3)
    assert not list(anchor.parameters())


def test_contrastive_loss_is_the_mean_of_both_cross_entropies():
    generator = torch.Generator().manual_seed(0)
    image, text = (torch.randn(4, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    scale, expected = torch.tensor(3.0, dtype=torch.float64), 0.0
    for i in range(4):
        among_texts = [math.exp(3 * float(image[i] @ text[j])) for j in range(4)]
        among_images = [math.exp(3 * float(image[j] @ text[i])) for j in range(4)]
        expected -= math.log(among_texts[i] / sum(among_texts)) / 8
        expected -= math.log(among_images[i] / sum(among_images)) / 8
    assert contrastive_loss(image, text, scale).item() == pytest.approx(expected, rel=1e-12)


def test_free_head_starts_from_the_logits_of_zero_shot_clip():
    backbone = draw_backbone()
    features = encode_template(backbone, NAMES, TEMPLATES[0])
    images = seeded_images(0, 3, 32)
    zero_shot = backbone.logit_scale * (
        normalize(backbone.encode_image(images), "image") @ normalize(features, "text").t()
    )
    rows = backbone.logit_scale * normalize(features, "text")
    head = FreeLinearHead(ClassLinear(backbone.dim, NAMES, rows))
    output = CLIPClassifier(FrozenEncoder(backbone, features), head)(images)
    torch.testing.assert_close(output.logits, zero_shot)


def test_a_joined_class_has_the_largest_logit_of_its_rows():
    backbone = draw_backbone()
    features = encode_template(backbone, NAMES, TEMPLATES[0])
    model = CLIPClassifier(
        FrozenEncoder(backbone, features), FreeLinearHead(ClassLinear(32, NAMES))
    )
    rows = model(seeded_images(0, 3, 32)).logits
    model.join(torch.tensor([1, 0, 1]))
    found = model(seeded_images(0, 3, 32)).logits
    assert torch.equal(found, torch.stack([rows[:, 1], rows[:, [0, 2]].amax(1)], 1))


def test_sentences_average_like_the_ensemble_and_one_may_speak():
    backbone = draw_backbone()
    encoder = SentenceEncoder(backbone, NAMES, TEMPLATES)
    torch.testing.assert_close(encoder.encode_text(), encode_ensemble(backbone, NAMES, TEMPLATES))
    encoder.say(torch.tensor([1, 0, 1]))
    each = [encode_template(backbone, NAMES, template) for template in TEMPLATES]
    expected = torch.stack([each[1][0], each[0][1], each[1][2]])
    torch.testing.assert_close(encoder.encode_text(), expected)
    encoder.say(None)
    torch.testing.assert_close(encoder.encode_text(), encode_ensemble(backbone, NAMES, TEMPLATES))


def gradients(backbone) -> tuple[dict[str, torch.Tensor], int]:
    """Of a sum over both encoders' features, by name, and the bytes that the graph keeps."""
    kept = 0

    def keep(tensor):
        nonlocal kept
        kept += tensor.nbytes
        return tensor

    backbone.model.requires_grad_(True).zero_grad()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        features = backbone.encode_image(seeded_images(0, 4, 32)).square().sum()
        features = features + backbone.encode_text(backbone.tokenize(NAMES)).square().sum()
    features.backward()
    grads = {n: p.grad.clone() for n, p in backbone.model.named_parameters() if p.grad is not None}
    return grads, kept


def test_activation_checkpointing_changes_memory_only():
    backbone = draw_backbone()
    plain, kept = gradients(backbone)
    backbone.activation_checkpointing = True
    recomputed, kept_then = gradients(backbone)
    assert plain.keys() == recomputed.keys()
    assert all(torch.equal(plain[name], recomputed[name]) for name in plain)
    assert kept_then < kept / 2
    blocks = backbone.model.visual.transformer.resblocks
    assert all("forward" not in vars(block) for block in blocks)
