"""How trainers are built: one place for each hook of the toolbox, and short lines of ancestors."""

import inspect

import pytest

from dassl.engine import TrainerX
from rada.engine.registry import registered
from rada.engine.trainer import CLIPTrainer
from rada.trainers.rada import WithRAda

OURS = registered()
TOOLBOX = set(TrainerX.__mro__)
HOOKS = {name for base in TOOLBOX - {object} for name in vars(base)} - {"__init__", "__doc__"}


def places(cls: type) -> dict[str, list[str]]:
    """The classes that override each hook of the toolbox."""
    found: dict[str, list[str]] = {}
    for base in (base for base in cls.__mro__ if base not in TOOLBOX):
        for name in vars(base).keys() & HOOKS:
            if inspect.isfunction(vars(base)[name]):
                found.setdefault(name, []).append(base.__name__)
    return found


@pytest.mark.parametrize("name", OURS)
def test_each_hook_is_overridden_in_one_place(name):
    """Their order need not be guessed: two mixins once both had `test`, and one lost its guard."""
    twice = {hook: where for hook, where in places(OURS[name]).items() if len(where) > 1}
    assert not twice


def test_what_counts_as_twice():
    class Overrides(CLIPTrainer):
        def test(self, split=None):
            return 0.0

    assert places(Overrides)["test"] == ["Overrides", "CLIPTrainer"]


@pytest.mark.parametrize("name", OURS)
def test_lines_of_ancestors_are_short(name):
    """Beside the toolbox's; RAdaTPT: the mask, TPT, CoOp, the trainer, and the toolbox's three."""
    assert len([base for base in OURS[name].__mro__ if base not in TOOLBOX]) <= 7
    assert len(OURS["RAdaTPT"].__mro__) - 1 == 8  # `object` apart


def test_a_version_with_the_mask_only_declares():
    """`class RAdaX(WithRAda, X)`: no method of its own, but where test time asks for another."""
    for name, cls in OURS.items():
        if issubclass(cls, WithRAda) and not cls.adaptation and name != "RAda":
            assert not [key for key, value in vars(cls).items() if inspect.isfunction(value)], name
