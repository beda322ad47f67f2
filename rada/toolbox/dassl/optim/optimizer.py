"""Optimisers from the config."""

import warnings
from collections.abc import Iterable
from typing import Any

from torch import nn, optim
from yacs.config import CfgNode

AVAI_OPTIMS = ["adam", "amsgrad", "sgd", "rmsprop", "radam", "adamw"]


def build_optimizer(
    model: nn.Module | Iterable, optim_cfg: CfgNode, param_groups: Any = None
) -> optim.Optimizer:
    """The optimiser that OPTIM.NAME names.

    Args:
        model: a module or its parameters (or parameter groups).
        optim_cfg: the OPTIM node.
        param_groups: what to optimise in place of the model.

    Raises:
        ValueError: for an unknown name.
        TypeError: if OPTIM.STAGED_LR is set and model is no module.
    """
    c = optim_cfg
    if c.NAME not in AVAI_OPTIMS:
        raise ValueError(f"optim must be one of {AVAI_OPTIMS}, but got {c.NAME}")
    if param_groups is not None and c.STAGED_LR:
        warnings.warn("staged_lr is ignored: param_groups are given", stacklevel=2)
    if param_groups is None:
        param_groups = _param_groups(model, c)
    common = {"lr": c.LR, "weight_decay": c.WEIGHT_DECAY}
    betas = (c.ADAM_BETA1, c.ADAM_BETA2)
    if c.NAME == "sgd":
        return optim.SGD(
            param_groups,
            momentum=c.MOMENTUM,
            dampening=c.SGD_DAMPNING,
            nesterov=c.SGD_NESTEROV,
            **common,
        )
    if c.NAME == "rmsprop":
        return optim.RMSprop(param_groups, momentum=c.MOMENTUM, alpha=c.RMSPROP_ALPHA, **common)
    if c.NAME == "adamw":
        return optim.AdamW(param_groups, betas=betas, **common)
    if c.NAME == "radam":  # Dassl's own RAdam decays weights apart from the gradient
        return optim.RAdam(param_groups, betas=betas, decoupled_weight_decay=True, **common)
    return optim.Adam(param_groups, betas=betas, amsgrad=c.NAME == "amsgrad", **common)


def _param_groups(model: nn.Module | Iterable, c: CfgNode) -> Any:
    if not c.STAGED_LR:
        return model.parameters() if isinstance(model, nn.Module) else model
    if not isinstance(model, nn.Module):
        raise TypeError(
            "When staged_lr is True, model given to build_optimizer() "
            "must be an instance of nn.Module"
        )
    if isinstance(model, nn.DataParallel):
        model = model.module
    new_layers = [c.NEW_LAYERS] if isinstance(c.NEW_LAYERS, str) else c.NEW_LAYERS
    if not new_layers:
        warnings.warn("new_layers is empty (staged_lr is useless)", stacklevel=3)
    base, new = [], []
    for name, parameter in model.named_parameters():
        (new if name.split(".")[0] in new_layers else base).append(parameter)
    return [{"params": base, "lr": c.LR * c.BASE_LR_MULT}, {"params": new}]
