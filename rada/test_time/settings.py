"""The numbers of an episode, cfg.TEST: checks, and the optimiser made of them."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer
from yacs.config import CfgNode

from dassl.optim import build_optimizer
from rada.settings import RECIPE
from rada.test_time.views import AUGMIX


def require_episode(cfg: CfgNode) -> None:
    """Raise ValueError, naming the setting, for numbers that make no episode, view or optimiser."""
    test = cfg.TEST
    for name, least in (("VIEWS", 1), ("STEPS", 0), ("EPISODES", 1)):
        if test[name] < least:
            raise ValueError(f"TEST.{name} must be {least} or more, got {test[name]}")
    if not 0 < test.KEEP <= 1 or kept(test) < 1:
        raise ValueError(
            f"TEST.KEEP {test.KEEP} of TEST.VIEWS {test.VIEWS} keeps no view; it is a part "
            "of 1, and their product has to be at least one view"
        )
    if test.AUGMIX not in AUGMIX:
        raise ValueError(f'TEST.AUGMIX is one of {", ".join(AUGMIX)}; got "{test.AUGMIX}"')
    try:
        optimizer_of(test.OPTIM)([torch.zeros(1, requires_grad=True)])
    except ValueError as error:
        raise ValueError(f"TEST.OPTIM makes no optimiser ({error}); correct it") from error
    scale = cfg.INPUT.RRCROP_SCALE
    numbers = all(isinstance(part, int | float) for part in scale)
    if len(scale) != 2 or not numbers or not 0 < scale[0] <= scale[1]:
        raise ValueError(
            "INPUT.RRCROP_SCALE is the least and the greatest part of a picture that a view "
            f'shows, such as "(0.08, 1.0)"; got {tuple(scale)}'
        )


def kept(test: CfgNode) -> int:
    """Views that are learned from."""
    return int(test.VIEWS * test.KEEP)


def optimizer_of(optim: CfgNode) -> Callable[[list[Tensor]], Optimizer]:
    """What makes the optimiser of some tensors that a node TEST.OPTIM asks for."""
    whole = CfgNode(RECIPE | optim)  # Dassl asks for keys that have no say here

    def optimizer(tensors: list[Tensor]) -> Optimizer:
        return build_optimizer(None, whole, param_groups=tensors)

    return optimizer
