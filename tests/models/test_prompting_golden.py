"""CoCoOp's, MaPLe's and IVLP's prompts against the golden numbers of the reference programs.

`*.logits` are the reference's with its accidental rounding to half precision neutralised.
"""

import hashlib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rada.classifier import CLIPClassifier
from rada.encoders.prompts import (
    ConditionalEncoder,
    ConditionalPromptLearner,
    CoupledPrompts,
    IndependentPrompts,
    PromptEncoder,
)
from rada.head.cosine import CosineHead
from tests.tinyclip import draw_backbone, draw_parameter, named_images

pytestmark = pytest.mark.numerical


@pytest.fixture(scope="module")
def backbones(golden):
    """Two blocks, four blocks, and the wide one, by name."""
    four = golden("maple.npz")["meta"]["four_layer_clip"]
    wide = golden("maple_wide.npz")["meta"]
    made = {
        "two": draw_backbone(),
        "four": draw_backbone(four["config"]),
        "wide": draw_backbone(wide["clip_config"]),
    }
    for name, hashes in (("four", four["sha256"]), ("wide", wide["clip_sha256"])):
        state = made[name].model.state_dict()
        for key, sha256 in hashes.items():
            assert hashlib.sha256(state[key].numpy().tobytes()).hexdigest() == sha256, key
    return made


def check(learner, names: dict[str, str], data: dict, case: str, encoder, images: str) -> None:
    """Set the golden parameters; compare logits, loss and gradients.

    Args:
        learner: whose parameters are set.
        names: reference's name -> ours, for every parameter that has a gradient.
        data: the golden file.
        case: its prefix in the file, with a dot.
        encoder: over the learner.
        images: name of the golden images.
    """
    parameters = dict(learner.named_parameters())
    assert sorted(names.values()) == sorted(parameters)
    for theirs, ours in names.items():
        if f"{case}param.{theirs}" in data:
            parameters[ours].data.copy_(torch.from_numpy(data[f"{case}param.{theirs}"]))
    label = torch.from_numpy(data["label"])
    logits = CLIPClassifier(encoder, CosineHead())(named_images(images, len(label))).logits
    loss = F.cross_entropy(logits, label)
    loss.backward()
    np.testing.assert_allclose(logits.detach(), data[f"{case}logits"], rtol=0, atol=3e-4)
    expected = data[f"{case}loss"]
    assert abs(loss.item() - (expected[0] if expected.shape else expected)) < 3e-4
    norms = data["meta"]["cases"][case[:-1]]["grad_norms"] if case else data["meta"]["grad_norms"]
    for theirs, ours in names.items():
        found = parameters[ours].grad
        norm = norms[theirs][0] if isinstance(norms[theirs], list) else norms[theirs]
        assert abs(found.norm().item() - norm) < 1e-3 * norm, theirs
        if f"{case}grad.{theirs}" in data:
            whole = torch.from_numpy(data[f"{case}grad.{theirs}"])
            assert (found - whole).norm() < 1e-3 * whole.norm(), theirs


def test_cocoop(backbones, golden):
    data = golden("cocoop.npz")
    meta = data["meta"]
    learner = ConditionalPromptLearner(
        backbones["two"], meta["classnames"], meta["n_ctx"], meta["ctx_init"]
    )
    names = {name: name for name in meta["param_names"]}
    check(learner, names, data, "", ConditionalEncoder(backbones["two"], learner), "cocoop")


@pytest.mark.parametrize("case", ["d1_n2", "d2_n2", "d2_n4_given", "d9_n2", "L4_d3_n2"])
def test_maple(case, backbones, golden):
    """The reference makes prompts beyond the last block and never uses them; here is no room."""
    data = golden("maple.npz")
    settings = data["meta"]["cases"][case]
    backbone = backbones["four" if settings["layers"] == 4 else "two"]
    depth = min(settings["PROMPT_DEPTH"], settings["layers"])
    learner = CoupledPrompts(
        backbone, data["meta"]["classnames"], settings["N_CTX"], settings["CTX_INIT"], depth
    )
    if settings["keep_ctx"]:
        words = torch.from_numpy(data[f"{case}.param.prompt_learner.ctx"])
        torch.testing.assert_close(learner.ctx.data, words, rtol=0, atol=0)
    check(learner, maple_names(depth), data, f"{case}.", PromptEncoder(backbone, learner), "maple")


def maple_names(depth: int) -> dict[str, str]:
    """MaPLe's parameter names -> ours."""
    names = {"ctx": "ctx"}
    for kind in ("weight", "bias"):
        names[f"proj.{kind}"] = f"projections.0.{kind}"
        for i in range(depth - 1):
            names[f"compound_prompt_projections.{i}.{kind}"] = f"projections.{i + 1}.{kind}"
    names |= {f"compound_prompts_text.{i}": f"deep_text.{i}" for i in range(depth - 1)}
    return {f"prompt_learner.{theirs}": ours for theirs, ours in names.items()}


def test_maple_in_its_own_widths(backbones, golden):
    """768 and 512, which the reference has as constants."""
    data = golden("maple_wide.npz")
    settings = data["meta"]["cases"]["d2_n2"]
    backbone = backbones["wide"]
    learner = CoupledPrompts(backbone, data["meta"]["classnames"], 2, settings["CTX_INIT"], 2)
    names = maple_names(2)
    parameters = dict(learner.named_parameters())
    for theirs, ours in names.items():
        if ours != "ctx":
            shape = tuple(settings["param_shapes"][theirs])
            std = 0.05 if theirs.endswith("bias") else 0.3
            std = shape[1] ** -0.5 if theirs.endswith("weight") else std
            drawn = draw_parameter(settings["param_seed"], theirs, shape, std)
            parameters[ours].data.copy_(drawn)
    check(learner, names, data, "d2_n2.", PromptEncoder(backbone, learner), "maple_wide")


@pytest.mark.parametrize("case", ["v1t1", "v2t2", "v2t2_n4_given", "v0t1", "L4_v3t2"])
def test_ivlp(case, backbones, golden):
    data = golden("ivlp.npz")
    settings = data["meta"]["cases"][case]
    backbone = backbones["four" if settings["layers"] == 4 else "two"]
    depths = {kind: settings[f"PROMPT_DEPTH_{kind}"] for kind in ("TEXT", "VISION")}
    learner = IndependentPrompts(
        *(backbone, data["meta"]["classnames"], settings["N_CTX_TEXT"], settings["CTX_INIT"]),
        *(depths["TEXT"], settings["N_CTX_VISION"], depths["VISION"]),
    )
    block = "{}_encoder.transformer.resblocks.{}.VPT_shallow"
    names = {"prompt_learner.ctx": "ctx"}
    names |= {block.format("text", i): f"deep_text.{i - 1}" for i in range(1, depths["TEXT"])}
    names |= {block.format("image", i): f"image.{i}" for i in range(1, depths["VISION"])}
    if depths["VISION"]:
        names["image_encoder.VPT"] = "image.0"
    check(learner, names, data, f"{case}.", PromptEncoder(backbone, learner), "ivlp")
