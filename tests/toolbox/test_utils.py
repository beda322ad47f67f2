"""Registry, names, meters, seeds and layers: Dassl's messages and numbers."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from dassl.utils import (
    AverageMeter,
    MetricMeter,
    Registry,
    check_availability,
    collect_env_info,
    count_num_param,
    init_network_weights,
    open_all_layers,
    open_specified_layers,
    set_random_seed,
)
from dassl.utils.random_state import get_random_state, set_random_state


def failure(function, *args):
    """[type, message] of the error that a call raises, as the golden file has it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        function(*args)
    return [type(caught.value).__name__, str(caught.value.args[0])]


@pytest.fixture
def messages(golden):
    return golden("dassl_messages.json")


def test_registry(messages):
    registry = Registry("THING")

    @registry.register()
    class Foo:
        pass

    assert registry.get("Foo") is Foo
    assert failure(registry.register, Foo) == messages["registry_duplicate"]
    assert failure(registry.get, "Bar") == messages["registry_missing"]
    assert registry.registered_names() == messages["registry_names"]
    registry.register(Foo, force=True)


def test_check_availability_suggests_the_nearest(messages):
    names = ["CoOp", "CoCoOp", "ZeroshotCLIP"]
    check_availability("CoOp", names)
    assert failure(check_availability, "CoOpp", names) == messages["check_availability"]
    assert failure(check_availability, "x", []) == messages["check_availability_empty"]


def test_meters(messages):
    meter = MetricMeter()
    meter.update(None)
    meter.update({"loss": torch.tensor(2.5), "acc": 50.0})
    meter.update({"loss": 1.0, "acc": 25.0})
    assert str(meter) == messages["metric_meter_str"]
    assert failure(meter.update, 3) == messages["metric_meter_bad"]
    ema = AverageMeter(ema=True)
    ema.update(1.0)
    ema.update(3.0)
    assert [ema.val, ema.avg] == messages["ema_meter"]
    plain = AverageMeter()
    plain.update(1.0, n=3)
    plain.update(5.0)
    assert (plain.avg, plain.count) == (2.0, 4)


def test_random_state_round_trip():
    """All three generators go on where they were, and the state survives weights_only."""

    def draw():
        return random.gauss(0, 1), np.random.standard_normal(), torch.randn(1).item()

    set_random_seed(3)
    draw()  # leaves half of a pair of normal numbers behind in python's and numpy's state
    state = get_random_state()
    expected = draw(), draw()
    set_random_seed(4)
    set_random_state(state)
    assert (draw(), draw()) == expected


def test_env_info_names_the_versions():
    info = collect_env_info()
    assert f"PyTorch version: {torch.__version__}" in info
    assert info.splitlines()[-1].startswith("        Pillow (")


def test_opening_and_counting_layers():
    model = nn.ModuleDict({"body": nn.Linear(3, 2), "classifier": nn.Linear(2, 2)})
    open_specified_layers(model, "classifier")
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]
    assert not model["body"].training
    with pytest.raises(ValueError, match="head is not an attribute"):
        open_specified_layers(model, ["head"])
    open_all_layers(model)
    assert all(p.requires_grad for p in model.parameters())
    assert count_num_param(model) == count_num_param(params=model.parameters()) == 14
    assert count_num_param(params=[{"params": torch.zeros(3)}]) == 3
    with pytest.raises(ValueError, match="at least one"):
        count_num_param()


@pytest.mark.parametrize("kind", ["normal", "xavier", "kaiming", "orthogonal"])
def test_initialisation(kind):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    before = model[0].weight.clone()
    nn.init.constant_(model[1].weight, 5)
    init_network_weights(model, kind)
    assert not torch.equal(before, model[0].weight)
    assert model[0].bias.abs().max() == 0
    assert model[1].weight.unique() == 1
    with pytest.raises(ValueError, match="init_type is one of"):
        init_network_weights(model, "zeros")
