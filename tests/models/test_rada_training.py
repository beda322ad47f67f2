"""The reference's recorded training, repeated with our head and PyTorch's own optimisers."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.rational import RAdaHead
from tests.rada import load_weights, parameter

# file, type, largest gap in the log, the weights and the final logits
CASES = [
    ("adam", torch.float64, 1e-8, 1e-6, 1e-6),
    ("sgd", torch.float64, 1e-8, 1e-6, 1e-6),
    ("adam", torch.float32, 5e-3, 2e-3, 5e-2),
    ("sgd", torch.float32, 1e-4, 1e-4, 1e-3),
]


@pytest.mark.parametrize("name, dtype, log_gap, weight_gap, logit_gap", CASES)
def test_training_repeats_the_reference(name, dtype, log_gap, weight_gap, logit_gap, golden):
    data = golden(f"rada_train_{name}.npz")
    head, optimiser, image, text, scale = build(data, golden, dtype)
    label = torch.from_numpy(data["label"])
    batches = data["batch_index"].reshape(-1, data["meta"]["BS"])
    for i, (batch, expected) in enumerate(zip(batches, data["step_log"], strict=True)):
        optimiser.param_groups[0]["lr"] = expected[3]
        logits, penalty = head(image[batch], text, scale)
        cross_entropy = F.cross_entropy(logits, label[batch])
        optimiser.zero_grad()
        (cross_entropy + penalty).backward()
        optimiser.step()
        losses = [cross_entropy + penalty, cross_entropy, penalty / data["meta"]["alpha"]]
        assert [loss.item() for loss in losses] == pytest.approx(expected[:3], abs=log_gap)
        assert (logits.argmax(1) == label[batch]).double().mean() * 100 == expected[4]
        if i == 0:
            compare(head, data, "first", weight_gap)
    compare(head, data, "final", weight_gap)
    with torch.no_grad():
        logits, _ = head(image, text, scale)
    np.testing.assert_allclose(logits, data["final_logits"], atol=logit_gap, rtol=0)


def build(data, golden, dtype):
    """Head, optimiser, features and scale at the start of the recorded training."""
    meta = data["meta"]
    head = RAdaHead(meta["D"], meta["heads"], meta["T"], meta["alpha"]).to(dtype)
    load_weights(head, golden(meta["wfile"]))
    settings = {"lr": meta["lr"], "weight_decay": meta["wd"]}
    if meta["opt"] == "sgd":
        optimiser = torch.optim.SGD(head.parameters(), momentum=meta["momentum"], **settings)
    else:
        optimiser = torch.optim.Adam(head.parameters(), **settings)
    image, text = (
        F.normalize(torch.from_numpy(data[f"{kind}_features"]).to(dtype), dim=-1)
        for kind in ("image", "text")
    )
    return head, optimiser, image, text, math.exp(meta["ls"])


def compare(head, data, moment, gap):
    """All parameters against those stored for a moment of the training, where there are any."""
    for name in data["meta"]["weight_order"]:
        if f"{moment}.{name}" in data:
            weight = parameter(head, name).detach()
            np.testing.assert_allclose(weight, data[f"{moment}.{name}"], atol=gap, rtol=0)
