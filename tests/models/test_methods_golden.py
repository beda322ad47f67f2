"""KgCoOp, ProGrad, PromptSRC, DePT and MMA against the numbers of their authors' programs.

One training step on three images: logits, losses and gradients. The programs ran in float32, with
their casts to half precision neutralised; the file's meta names their commits.
"""

import numpy as np
import pytest
import torch

from dassl.config import get_cfg_default
from rada.backbones.backbone import Backbone
from rada.engine.names_only import trainer_of_names
from rada.engine.registry import registered
from rada.engine.trainer import CLIPTrainer
from rada.losses import gaussian_weights
from tests.tinyclip import draw_backbone, draw_parameter, named_images

pytestmark = pytest.mark.numerical

CASES = [
    *("kgcoop", "prograd.conflict", "prograd.agree", "prograd.conflict_T2", "promptsrc", "dept"),
    *("mma.s0.001", "mma.s0.1"),
]
# the programs' tensors, or what stands before .weight and .bias -> ours
NAMES = {
    "prompt_learner.ctx": "ctx",
    "text_encoder.transformer.resblocks.1.VPT_shallow": "deep_text.0",
    "image_encoder.VPT": "image.0",
    "image_encoder.transformer.resblocks.1.VPT_shallow": "image.1",
    "linear_probe_proj": "linear",
}
for theirs, ours in (("img", "image"), ("text", "text")):
    NAMES |= {f"film_lp_{theirs}.scale": f"{ours}.scale", f"film_lp_{theirs}.bias": f"{ours}.shift"}
for i in (0, 1):
    NAMES[f"adapter_learner.shared_adapter.{i + 1}.0"] = f"shared.{i}"
    for theirs, ours in (("visual", "image"), ("text", "text")):
        adapter = f"adapter_learner.{theirs}_adapter.{i + 1}"
        NAMES |= {f"{adapter}.down.0": f"{ours}.{i}.down", f"{adapter}.up": f"{ours}.{i}.up"}


def our_name(theirs: str) -> str:
    """Of a tensor by its name in the program."""
    if theirs in NAMES:
        return NAMES[theirs]
    module, _, kind = theirs.rpartition(".")
    return f"{NAMES[module]}.{kind}"


@pytest.fixture(scope="module")
def data(golden):
    return golden("methods.npz")


@pytest.fixture(scope="module")
def backbones(data):
    """KgCoOp's program takes the joint embedding to be 512 wide."""
    return {"kgcoop": draw_backbone(data["meta"]["kgcoop_clip_config"]), "tiny": draw_backbone()}


@pytest.fixture
def build(data, backbones):
    """Makes the trainer of a case, and its tensors by the program's names."""

    def make(case: str) -> tuple[CLIPTrainer, dict[str, torch.nn.Parameter]]:
        settings = data["meta"]["cases"][case]
        backbone = backbones.get(case, backbones["tiny"])
        trainer = bare_trainer(settings, backbone, data["meta"]["classnames"])
        return trainer, set_golden(trainer, settings)

    return make


def bare_trainer(settings: dict, backbone: Backbone, classnames: list[str]) -> CLIPTrainer:
    """A trainer over class names alone."""
    cls, cfg = registered()[settings["method"]], get_cfg_default()
    cls.extend_cfg(cfg)
    for section, values in settings["settings"].items():
        cfg.TRAINER[section].update(values)
    return trainer_of_names(cls, cfg, backbone, classnames)


def set_golden(trainer: CLIPTrainer, settings: dict) -> dict[str, torch.nn.Parameter]:
    """Draw what the program learned; ours by the program's names, none left over."""
    modules = trainer._models.values()
    found = {name: p for module in modules for name, p in module.named_parameters()}
    parameters = {theirs: found.pop(our_name(theirs)) for theirs in settings["params"]}
    assert not found
    for theirs, draw in settings["params"].items():
        shape, seed = tuple(draw["shape"]), settings["param_seed"]
        assert parameters[theirs].shape == shape, theirs
        drawn = draw_parameter(seed, theirs, shape, draw["std"], draw["mean"])
        parameters[theirs].data.copy_(drawn)
    return parameters


@pytest.mark.parametrize("case", CASES)
def test_one_training_step(case, build, data):
    trainer, parameters = build(case)
    images, label = named_images("methods", 3), torch.from_numpy(data["label"])
    output = trainer.model(images)
    np.testing.assert_allclose(output.logits.detach(), data[f"{case}.logits"], rtol=0, atol=3e-4)
    loss = trainer.backward(output, images, label)
    assert abs(loss - data[f"{case}.loss"]) < 3e-4
    for name, parameter in parameters.items():
        expected = torch.from_numpy(data[f"{case}.grad.{name}"])
        assert expected.norm() > 0.01, name
        assert (parameter.grad - expected).norm() < 1e-3 * expected.norm(), name


@pytest.mark.parametrize("case", CASES[1:4])
def test_prograd_distillation(case, build, data):
    trainer, _ = build(case)
    with torch.no_grad():
        found = trainer.distillation(trainer.model(named_images("methods", 3)))
    assert abs(found.item() - data[f"{case}.distillation"]) < 3e-4


def test_promptsrc_frozen_features_and_weights_of_epochs(build, data):
    """Sixty sentences, averaged before they are normalised; their order is not that of ours."""
    trainer, _ = build("promptsrc")
    np.testing.assert_allclose(trainer.frozen_features, data["promptsrc.frozen"], rtol=0, atol=2e-5)
    gauss = data["meta"]["cases"]["promptsrc"]["gauss"]
    found = gaussian_weights(gauss["epochs"], gauss["mean"], gauss["std"])
    np.testing.assert_allclose(found, data["promptsrc.gauss"], rtol=1e-12, atol=0)


def test_promptsrc_parts_of_the_loss(build, data):
    trainer, _ = build("promptsrc")
    images, label = named_images("methods", 3), torch.from_numpy(data["label"])
    own, found = trainer.own, []
    with torch.no_grad():
        output = trainer.model(images)
        for text, image in ((0.0, 0.0), (own.TEXT_LOSS_WEIGHT, 0.0), (0.0, own.IMAGE_LOSS_WEIGHT)):
            own.TEXT_LOSS_WEIGHT, own.IMAGE_LOSS_WEIGHT = text, image
            found.append(trainer.criterion(output, images, label).item())
    cross_entropy, text, image, logits = data["promptsrc.loss_parts"]
    apart = cross_entropy + logits
    np.testing.assert_allclose(found, [apart, apart + text, apart + image], rtol=0, atol=3e-4)


def test_dept_parts_of_the_fusion(build, data):
    trainer, _ = build("dept")
    with torch.no_grad():
        output = trainer.model(named_images("methods", 3))
    for part in ("head_logits", "linear_logits"):
        np.testing.assert_allclose(getattr(output, part), data[f"dept.{part}"], rtol=0, atol=3e-4)
