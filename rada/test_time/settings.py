"""The numbers of an episode, cfg.TEST: checks, and the optimiser made of them."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer
from yacs.config import CfgNode

from dassl.optim import build_optimizer
from rada.settings import RECIPE, defaults


def require_episode(cfg: CfgNode) -> None:
    """Raise ValueError for settings that together make no episode, or no optimiser."""
    test = cfg.TEST
    if kept(test) < 1:
        raise ValueError(
            f"TEST.KEEP {test.KEEP} of TEST.VIEWS {test.VIEWS} keeps no view; their product "
            "has to be at least one view"
        )
    try:
        optimizer_of(test.OPTIM)([torch.zeros(1, requires_grad=True)])
    except ValueError as error:
        raise ValueError(f"TEST.OPTIM makes no optimiser ({error}); correct it") from error


def kept(test: CfgNode) -> int:
    """Views that are learned from."""
    return int(test.VIEWS * test.KEEP)


def optimizer_of(optim: CfgNode) -> Callable[[list[Tensor]], Optimizer]:
    """What makes the optimiser of some tensors that a node TEST.OPTIM asks for."""
    whole = CfgNode(defaults(RECIPE) | optim)  # Dassl asks for keys that have no say here

    def optimizer(tensors: list[Tensor]) -> Optimizer:
        return build_optimizer(None, whole, param_groups=tensors)

    return optimizer
