"""The reference's recorded training, repeated with our head and PyTorch's own optimisers."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from rada.head.rational import RAdaHead
from tests.rada import load_weights, parameter

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_training_repeats_the_reference(name, golden):
    data = golden(f"rada_train_{name}.npz")
    head, optimiser, image, text, scale = build(data, golden)
    rough = copy.deepcopy(head).float()
    label = torch.from_numpy(data["label"])
    batches = data["batch_index"].reshape(-1, data["meta"]["BS"])
    for i, (batch, expected) in enumerate(zip(batches, data["step_log"], strict=True)):
        optimiser.param_groups[0]["lr"] = expected[3]
        losses, gradients, logits = loss_and_gradients(
            head, image[batch], text, scale, label[batch]
        )
        found = losses[:2] + [losses[2] / data["meta"]["alpha"]]
        assert found == pytest.approx(expected[:3], abs=1e-8)
        assert (logits.argmax(1) == label[batch]).double().mean() * 100 == expected[4]
        check_float32(rough, head, (image[batch], text, scale, label[batch]), losses, gradients)
        optimiser.step()
        if i == 0:
            compare(head, data, "first")
    compare(head, data, "final")
    with torch.no_grad():
        logits, _ = head(image, text, scale)
    np.testing.assert_allclose(logits, data["final_logits"], atol=1e-6, rtol=0)


def loss_and_gradients(head, image, text, scale, label):
    """The loss and its two parts, the gradients that it leaves in the head, and logits."""
    head.zero_grad()
    logits, penalty = head(image, text, scale)
    cross_entropy = F.cross_entropy(logits, label)
    (cross_entropy + penalty).backward()
    gradients = [parameter.grad for parameter in head.parameters()]
    losses = [each.item() for each in (cross_entropy + penalty, cross_entropy, penalty)]
    return losses, gradients, logits.detach()


def check_float32(rough, head, inputs, losses, gradients):
    """In float32, as it trains, the same weights have the same losses and gradients."""
    rough.load_state_dict(head.state_dict())
    image, text, scale, label = inputs
    found, slopes, _ = loss_and_gradients(rough, image.float(), text.float(), scale, label)
    assert found == pytest.approx(losses, rel=2e-5, abs=2e-5)
    for slope, gradient in zip(slopes, gradients, strict=True):
        assert (slope - gradient).norm() <= 2e-5 * gradient.norm() + 1e-6


def build(data, golden):
    """Head, optimiser, features and scale at the start of the recorded training."""
    meta = data["meta"]
    head = RAdaHead(meta["D"], meta["heads"], meta["T"], meta["alpha"]).double()
    load_weights(head, golden(meta["wfile"]))
    settings = {"lr": meta["lr"], "weight_decay": meta["wd"]}
    if meta["opt"] == "sgd":
        optimiser = torch.optim.SGD(head.parameters(), momentum=meta["momentum"], **settings)
    else:
        optimiser = torch.optim.Adam(head.parameters(), **settings)
    image, text = (
        F.normalize(torch.from_numpy(data[f"{kind}_features"]).double(), dim=-1)
        for kind in ("image", "text")
    )
    return head, optimiser, image, text, math.exp(meta["ls"])


def compare(head, data, moment):
    """All parameters against those stored for a moment of the training, where there are any."""
    for name in data["meta"]["weight_order"]:
        if f"{moment}.{name}" in data:
            weight = parameter(head, name).detach()
            np.testing.assert_allclose(weight, data[f"{moment}.{name}"], atol=1e-6, rtol=0)
