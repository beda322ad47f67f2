"""Schedules are Dassl's number by number; optimisers are what the config says."""

import pytest
import torch
from torch import nn

from dassl.config import get_cfg_default
from dassl.optim import build_lr_scheduler, build_optimizer

pytestmark = pytest.mark.numerical


def optim_cfg(**settings):
    cfg = get_cfg_default().OPTIM
    for key, value in settings.items():
        cfg[key] = tuple(value) if isinstance(value, list) else value
    return cfg


@pytest.mark.parametrize("index", range(16))
@pytest.mark.parametrize("resumed", [False, True])
def test_learning_rates(index, resumed, golden):
    """Also if every epoch starts from the saved state of the one before."""
    case = golden("dassl_lr.json")["cases"][index]
    cfg = optim_cfg(**case["optim"])
    used, after, printed, state = [], [], [], None
    for epoch in range(cfg.MAX_EPOCH):
        if epoch == 0 or resumed:
            optimizer = build_optimizer(nn.Linear(2, 2), cfg)
            scheduler = build_lr_scheduler(optimizer, cfg)
        if state:
            optimizer.load_state_dict(state[0])
            scheduler.load_state_dict(state[1])
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
        state = optimizer.state_dict(), scheduler.state_dict()
        after.append(optimizer.param_groups[0]["lr"])
        printed.append(f"lr {after[-1]:.4e}")
    assert used == pytest.approx(case["used"], rel=1e-12, abs=0)
    assert after == pytest.approx(case["after_step"], rel=1e-12, abs=1e-18)
    assert printed == case["printed"]
    assert scheduler.get_last_lr() == pytest.approx(case["last_lr"], rel=1e-12, abs=1e-18)


def test_state_without_its_successor_is_refused():
    cfg = optim_cfg(WARMUP_EPOCH=1)
    scheduler = build_lr_scheduler(build_optimizer(nn.Linear(2, 2), cfg), cfg)
    state = {k: v for k, v in scheduler.state_dict().items() if k != "successor"}
    with pytest.raises(ValueError, match="schedule after the warm-up"):
        scheduler.load_state_dict(state)


KINDS = {
    "adam": (torch.optim.Adam, {"betas": (0.8, 0.99), "amsgrad": False}),
    "amsgrad": (torch.optim.Adam, {"betas": (0.8, 0.99), "amsgrad": True}),
    "sgd": (torch.optim.SGD, {"momentum": 0.7, "dampening": 0, "nesterov": True}),
    "rmsprop": (torch.optim.RMSprop, {"momentum": 0.7, "alpha": 0.9}),
    "radam": (torch.optim.RAdam, {"betas": (0.8, 0.99), "decoupled_weight_decay": True}),
    "adamw": (torch.optim.AdamW, {"betas": (0.8, 0.99)}),
}


@pytest.mark.parametrize("name", KINDS)
def test_optimisers_take_their_settings(name):
    settings = {"MOMENTUM": 0.7, "SGD_NESTEROV": True, "RMSPROP_ALPHA": 0.9, "ADAM_BETA1": 0.8}
    cfg = optim_cfg(NAME=name, LR=0.1, WEIGHT_DECAY=0.2, ADAM_BETA2=0.99, **settings)
    model = nn.Linear(2, 2)
    optimizer = build_optimizer(model, cfg)
    kind, expected = KINDS[name]
    assert type(optimizer) is kind
    (group,) = optimizer.param_groups
    assert {k: group[k] for k in expected} == expected
    assert (group["lr"], group["weight_decay"]) == (0.1, 0.2)
    assert group["params"] == list(model.parameters())
    assert build_optimizer(model.parameters(), cfg).param_groups[0]["params"] == group["params"]


def test_radam_is_dassls():
    """Ten steps on a small problem; numbers computed with Dassl's own RAdam."""
    weight = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    settings = {"LR": 0.05, "ADAM_BETA2": 0.99, "WEIGHT_DECAY": 0.1}
    optimizer = build_optimizer([weight], optim_cfg(NAME="radam", **settings))
    for _ in range(10):
        optimizer.zero_grad()
        (weight * torch.tensor([1.0, 2.0, 3.0]) - 1).square().sum().backward()
        optimizer.step()
    expected = torch.tensor([0.98269814, 1.10461092, 0.27486506], dtype=torch.float64)
    torch.testing.assert_close(weight.detach(), expected, rtol=1e-6, atol=1e-6)


def test_staged_learning_rates():
    """All that is not in a new layer, the root's own parameter too, learns at the base rate."""
    model = nn.ModuleDict({"body": nn.Linear(2, 2), "head": nn.Linear(2, 1)})
    model.scale = nn.Parameter(torch.ones(()))
    cfg = optim_cfg(STAGED_LR=True, NEW_LAYERS="head", LR=0.1, BASE_LR_MULT=0.5)
    base, new = build_optimizer(model, cfg).param_groups
    assert (base["lr"], new["lr"]) == (0.05, 0.1)
    assert new["params"] == list(model["head"].parameters())
    assert len(base["params"]) == 3
    with pytest.raises(TypeError, match="When staged_lr is True"):
        build_optimizer(model.parameters(), cfg)
    with pytest.warns(UserWarning, match="new_layers is empty"):
        build_optimizer(model, optim_cfg(STAGED_LR=True))
    with pytest.warns(UserWarning, match="staged_lr is ignored"):
        build_optimizer(model, cfg, param_groups=model.parameters())


def test_mistakes_are_named(golden):
    messages = golden("dassl_messages.json")
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="optim must be") as caught:
        build_optimizer(model, optim_cfg(NAME="lion"))
    assert [type(caught.value).__name__, str(caught.value)] == messages["bad_optimizer"]
    optimizer = build_optimizer(model, optim_cfg())
    with pytest.raises(ValueError, match="scheduler must be") as caught:
        build_lr_scheduler(optimizer, optim_cfg(LR_SCHEDULER="poly"))
    assert [type(caught.value).__name__, str(caught.value)] == messages["bad_scheduler"]
    for settings in (
        {"LR_SCHEDULER": "multi_step", "STEPSIZE": 3},
        {"LR_SCHEDULER": "single_step", "STEPSIZE": ["3"]},
    ):
        with pytest.raises(TypeError, match="stepsize must be"):
            build_lr_scheduler(optimizer, optim_cfg(**settings))
    with pytest.raises(ValueError, match="WARMUP_TYPE is constant or linear; got cubic"):
        build_lr_scheduler(optimizer, optim_cfg(WARMUP_EPOCH=1, WARMUP_TYPE="cubic"))
