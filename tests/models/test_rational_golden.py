"""The RAda head against the reference implementation's numbers, at their README's tolerances."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from rada.head.inputs import inputs_of, prepare, project
from rada.head.masked_logits import operands_of
from rada.head.rational import RAdaHead
from tests.conftest import GOLDEN
from tests.rada import drawn_weights, load_weights, parameter

pytestmark = pytest.mark.numerical

CASES = sorted(path.name for path in GOLDEN.glob("rada_head_*_K*.npz"))
WITH_MAP = [f"rada_head_{n}.npz" for n in ("05_K2_B8", "07_K5_B3", "10_K5_B8", "11_K17_B1")]


def build(data, golden, dtype):
    """Head with the case's weights, its features and scale."""
    meta = data["meta"]
    if "weights_file" in meta:
        weights = golden(meta["weights_file"])
    else:
        weights = drawn_weights(meta["weight_seed"], meta["D"])
        for name, check in meta["weight_checks"].items():
            np.testing.assert_allclose(weights[name].ravel()[:4], check["first"], rtol=1e-6)
    head = RAdaHead(meta["D"], meta["heads"], meta["temperature"], meta["alpha"]).to(dtype)
    image, text = (
        F.normalize(torch.from_numpy(data[f"{kind}_features"]).to(dtype), dim=-1)
        for kind in ("image", "text")
    )
    return load_weights(head, weights), image, text, math.exp(meta["logit_scale_log"])


def relative(value, expected):
    """Largest difference over the largest expected entry, absolute where all of those are 0."""
    expected = torch.from_numpy(np.asarray(expected)).double()
    gap = (value.detach().double() - expected).abs().max()
    return (gap / (expected.abs().max() or 1.0)).item()


@pytest.mark.parametrize(
    "dtype, logit, loss, gradient",
    [(torch.float64, 1e-9, 1e-9, 2e-6), (torch.float32, 2e-5, 2e-5, 2e-4)],
    ids=["float64", "float32"],
)
@pytest.mark.parametrize("form", ["plain", "linear"])
@pytest.mark.parametrize("name", CASES)
def test_logits_losses_and_gradients(name, form, dtype, logit, loss, gradient, golden):
    data = golden(name)
    head, image, text, scale = build(data, golden, dtype)
    head.form = form
    logits, penalty = head(image, text, scale)
    cross_entropy = F.cross_entropy(logits, torch.from_numpy(data["label"]))
    (cross_entropy + penalty).backward()
    unit = 1 if dtype == torch.float64 else abs(data["logits"]).max()
    assert abs(logits.detach().double().numpy() - data["logits"]).max() <= logit * unit
    assert abs(cross_entropy.item() - data["ce"]) <= loss * unit
    assert abs(penalty.item() - data["meta"]["alpha"] * data["linf"]) <= loss
    for key in data:
        group, _, weight = key.partition(".")
        if group in ("grad", "grad_block"):
            grad = parameter(head, weight).grad
            corner = grad[:8, :8] if group == "grad_block" and grad.dim() == 2 else grad
            assert relative(corner, data[key]) <= gradient, key


@pytest.mark.parametrize("name", CASES)
def test_mask(name, golden):
    data = golden(name)
    head, *inputs = build(data, golden, torch.float64)
    mask = head.mask(*inputs)
    assert relative(mask, data["mask_final"]) <= 2e-6
    if "mha_out" in data:
        assert relative(mask, np.maximum(1 + data["mha_out"], 0)) <= 2e-6


@pytest.mark.parametrize("name", WITH_MAP)
def test_every_row_of_the_image_map_is_our_one_row(name, golden):
    data = golden(name)
    head, image, text, scale = build(data, golden, torch.float64)
    image, text = prepare(image, text, head.mask.out.weight)
    inputs = inputs_of(head.mask, image, text, scale)
    heads = head.mask.heads
    rational = inputs.image * inputs.text
    projected = [project(rational, *layer, heads.number) for layer in inputs.projections]
    row = operands_of(inputs, projected, heads).image_map(heads.scale)
    row = row.unflatten(0, (heads.number, -1)).transpose(0, 1)  # (B, H, 1, K)
    assert relative(row.expand(data["attn1"].shape), data["attn1"]) <= 2e-6
