"""CLIP-Adapter, and residual adapters before RAda's mask, against the authors' numbers."""

import hashlib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rada.backbones.templates import encode_template
from rada.classifier import CLIPClassifier
from rada.encoders.adapters import AdapterEncoder, FeatureAdapter
from rada.head.cosine import CosineHead
from rada.head.rational import RAdaHead
from tests.rada import LAYERS
from tests.tinyclip import draw_backbone, draw_parameter, named_images

pytestmark = pytest.mark.numerical


@pytest.fixture(scope="module")
def data(golden):
    return golden("clip_adapter.npz")


@pytest.fixture(scope="module")
def backbone(data):
    made = draw_backbone(data["meta"]["clip_config"])
    state = made.model.state_dict()
    for key, sha256 in data["meta"]["clip_sha256"].items():
        assert hashlib.sha256(state[key].numpy().tobytes()).hexdigest() == sha256, key
    return made


def set_golden(module: torch.nn.Module, names: dict[str, str], settings: dict) -> None:
    """Draw the parameters that the reference had: its names -> ours."""
    parameters = dict(module.named_parameters())
    for theirs, ours in names.items():
        shape = parameters[ours].shape
        std = shape[-1] ** -0.5 if len(shape) == 2 else 0.1
        std *= 0.3 if theirs == "mha.out_proj.weight" else 1.0
        drawn = draw_parameter(settings["param_seed"], theirs, tuple(shape), std)
        sha256 = hashlib.sha256(drawn.numpy().tobytes()).hexdigest()
        assert sha256 == settings["param_sha256"][theirs], theirs
        parameters[ours].data.copy_(drawn)


def check(model: CLIPClassifier, names: dict[str, str], data: dict, case: str) -> None:
    """Compare class features, logits, losses and gradients with the reference's."""
    np.testing.assert_allclose(
        model.encoder.text_features, data[f"{case}.class_features"], rtol=0, atol=2e-5
    )
    label = torch.from_numpy(data["label"])
    output = model(named_images("adapter", len(label)))
    cross_entropy = F.cross_entropy(output.logits, label)
    loss = cross_entropy + output.penalty
    loss.backward()
    np.testing.assert_allclose(output.logits.detach(), data[f"{case}.logits"], rtol=0, atol=3e-4)
    found = [cross_entropy.item(), loss.item()]
    np.testing.assert_allclose(found, data[f"{case}.losses"][[0, 2]], rtol=0, atol=3e-4)
    parameters = dict(model.named_parameters())
    norms = data["meta"]["cases"][case]["grad_norms"]
    for theirs, ours in names.items():
        gradient = parameters[ours].grad
        assert abs(gradient.norm().item() - norms[theirs]) < 1e-3 * norms[theirs], theirs
        if f"{case}.grad_block.{theirs}" in data:
            block = data[f"{case}.grad_block.{theirs}"]
            np.testing.assert_allclose(gradient[:8, :8], block, rtol=1e-3, atol=1e-4)


def adapter_names(*modalities: str) -> dict[str, str]:
    """The reference's parameter names -> ours in a classifier."""
    layers = {"fc.0": "down", "fc.2": "up"}
    return {
        f"adapter_{modality}.{theirs}.weight": f"encoder.adapters.{modality}.{ours}.weight"
        for modality in modalities
        for theirs, ours in layers.items()
    }


@pytest.mark.parametrize("case", ["adapter_mask_default", "adapter_mask_beta"])
def test_clip_adapter(case, backbone, data):
    settings = data["meta"]["cases"][case]
    image, text = settings["alpha_beta"] or (0.2, 0.0)
    features = encode_template(backbone, data["meta"]["classnames"], "a photo of a {}.")
    adapters = [FeatureAdapter(512, ratio, 1 - ratio) for ratio in (image, text) if ratio]
    model = CLIPClassifier(AdapterEncoder(backbone, features, *adapters), CosineHead())
    names = adapter_names("image", "text") if text else adapter_names("image")
    set_golden(model, names, settings)
    check(model, names, data, case)


def test_residual_adapters_before_the_mask(backbone, data):
    """The reference's adapters end in a ReLU; they stood away from zero, where it passes none."""
    case = "clip_adapter_rada"
    settings = data["meta"]["cases"][case]
    features = encode_template(backbone, data["meta"]["classnames"], "a photo of a {}.")
    adapters = [FeatureAdapter(512, 1.0, 1.0) for _ in range(2)]
    head = RAdaHead(512, temperature=settings["temp"], alpha=settings["alpha_loss"], penalty="mse")
    model = CLIPClassifier(AdapterEncoder(backbone, features, *adapters), head)
    mask = {
        f"mha.{theirs}.{kind}": f"head.mask.{ours}.{kind}"
        for theirs, ours in LAYERS.items()
        for kind in ("weight", "bias")
    }
    names = adapter_names("image", "text") | mask
    set_golden(model, names, settings)
    check(model, names, data, case)


def test_a_zero_adapter_behind_a_relu_would_never_learn():
    """Why `Adapter` has no last ReLU: with one, as in the authors' code, no gradient passes."""
    features = torch.randn(3, 16)
    for last_relu in (True, False):
        adapter = FeatureAdapter(16, 1.0, 1.0, last_relu=last_relu, zero=True)
        assert torch.equal(adapter(features), features)
        adapter(features).square().sum().backward()
        assert bool(adapter.up.weight.grad.any()) is not last_relu
