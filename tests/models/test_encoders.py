"""CoOp's prompts against the golden numbers of the reference."""

import zlib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rada.backbones.backbone import Backbone
from rada.backbones.templates import encode_ensemble
from rada.backbones.weights import import_clip
from rada.classifier import CLIPClassifier, normalize
from rada.encoders.base import FrozenEncoder
from rada.encoders.prompts import PromptEncoder, PromptLearner
from rada.head.cosine import CosineHead
from tests.tinyclip import draw_state_dict, seeded_images

pytestmark = pytest.mark.numerical

CASES = ["init_words", "end", "middle", "front", "csc_end", "csc_middle", "csc_front"]


@pytest.fixture(scope="module")
def backbone():
    return Backbone(import_clip().model.build_model(draw_state_dict()).float())


def coop(backbone, meta, case):
    settings = meta["cases"][case]["cfg"]
    words = settings.get("CTX_INIT", "")
    learner = PromptLearner(
        backbone,
        meta["classnames"],
        n_ctx=len(words.split()) or settings.get("N_CTX", 16),
        ctx_init=words,
        class_specific=settings.get("CSC", False),
        class_token_position=settings.get("CLASS_TOKEN_POSITION", "end"),
    )
    return CLIPClassifier(PromptEncoder(backbone, learner), CosineHead()), learner


@pytest.mark.parametrize("case", CASES)
def test_coop_equals_the_reference(case, backbone, golden, capsys):
    data = golden("coop.npz")
    meta = data["meta"]
    model, learner = coop(backbone, meta, case)
    assert capsys.readouterr().out.splitlines() == meta["cases"][case]["printed"]
    context = torch.from_numpy(data[f"{case}.ctx"])
    assert learner.ctx.shape == context.shape
    if case == "init_words":
        torch.testing.assert_close(learner.ctx.data, context, rtol=0, atol=0)
    learner.ctx.data.copy_(context)
    images = seeded_images([1300, zlib.crc32(b"images.coop")], 4, 32)
    output = model(images)
    loss = F.cross_entropy(output.logits, torch.from_numpy(data["label"]))
    loss.backward()
    features = model.encoder.encode_text().detach().numpy()
    np.testing.assert_allclose(features, data[f"{case}.text_features"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(output.logits.detach(), data[f"{case}.logits"], rtol=0, atol=3e-4)
    np.testing.assert_allclose(loss.item(), data[f"{case}.loss"], rtol=0, atol=3e-4)
    gradient, expected = learner.ctx.grad.numpy(), data[f"{case}.grad_ctx"]
    assert np.linalg.norm(gradient - expected) < 1e-3 * np.linalg.norm(expected)


def test_only_the_context_is_learned_and_saved(backbone, golden):
    model, learner = coop(backbone, golden("coop.npz")["meta"], "end")
    learned = [name for name, p in model.named_parameters() if p.requires_grad]
    assert learned == ["encoder.prompt_learner.ctx"]
    assert list(learner.state_dict()) == ["ctx"]


def test_classes_encoded_once_gives_the_same_logits(backbone, golden):
    model, _ = coop(backbone, golden("coop.npz")["meta"], "middle")
    images = seeded_images(1, 2, 32)
    with torch.no_grad():
        logits = model(images).logits
        with model.classes_encoded_once():
            assert torch.equal(model(images).logits, logits)
    assert model._text_features is None


def test_template_ensemble_equals_the_reference(backbone, golden):
    data = golden("tinyclip_outputs.npz")
    meta = data["meta"]
    features = encode_ensemble(backbone, meta["classnames"], meta["templates"])
    model = CLIPClassifier(FrozenEncoder(backbone, features), CosineHead())
    logits = model(seeded_images(meta["image_seed"], meta["n_images"], 32)).logits
    np.testing.assert_allclose(logits, data["logits_ensemble"], rtol=0, atol=3e-4)


def test_cosine_head_takes_class_features_per_image():
    torch.manual_seed(0)
    image, text = torch.randn(3, 8), torch.randn(5, 8)
    shared, _ = CosineHead()(image, text, 100.0)
    per_image, _ = CosineHead()(image, text.expand(3, 5, 8), 100.0)
    torch.testing.assert_close(shared, per_image)


def test_bad_settings_and_features_are_named(backbone):
    with pytest.raises(ValueError, match="N_CTX must be 1 or more, got 0"):
        PromptLearner(backbone, ["cat"], n_ctx=0)
    with pytest.raises(ValueError, match='end, middle, front; got "back"'):
        PromptLearner(backbone, ["cat"], n_ctx=2, class_token_position="back")
    with pytest.raises(ValueError, match="image feature 1 is zero"):
        normalize(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), "image")
    with pytest.raises(ValueError, match="text feature 0 is not finite"):
        normalize(torch.tensor([[float("nan"), 0.0]]), "text")
