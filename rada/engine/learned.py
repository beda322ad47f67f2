"""What is learned, and how: a module, its OPTIM node and the schedule made of it."""

from typing import NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.optim import build_lr_scheduler
from dassl.utils import load_pretrained_weights
from rada.engine.schedules import step_schedule

# further keys of every OPTIM node; 0 or more: a schedule by steps (`rada.engine.schedules`)
BY_STEPS = {"WARMUP_STEPS": -1}


class Learned(NamedTuple):
    """A module to train, the OPTIM node that says how, and in which epochs, from 0; None: in all.

    The node's MAX_EPOCH is the number of these epochs.
    """

    module: nn.Module
    optim: CfgNode
    epochs: range | None = None


def own_optim(**recipe) -> dict:
    """Defaults of an OPTIM node beside the run's own: Dassl's with a recipe.

    It has no MAX_EPOCH: the number of epochs is the run's.
    """
    optim = dict(get_cfg_default().OPTIM) | BY_STEPS
    del optim["MAX_EPOCH"]
    return optim | recipe


def with_epochs(optim: CfgNode, epochs: int) -> CfgNode:
    """An OPTIM node made by `own_optim`, for so many epochs."""
    optim = optim.clone()
    optim.defrost()
    optim.MAX_EPOCH = epochs
    return optim


def require_unread(optim: CfgNode, why: str, name: str, instead: CfgNode) -> None:
    """Raise ValueError if an OPTIM node that nothing reads is not Dassl's default.

    Args:
        optim: the node; MAX_EPOCH may be anything.
        why: nothing reads it.
        name: of the node that is read.
        instead: that node.
    """
    defaults = get_cfg_default().OPTIM | BY_STEPS
    for key in sorted(optim.keys() - {"MAX_EPOCH"}):
        if optim[key] != defaults[key]:
            advice = f"set {name}.{key}" if key in instead else "leave it out"
            raise ValueError(f"{why}, so nothing reads OPTIM.{key}; {advice}")


def load_initial_weights(module: nn.Module, path: str) -> None:
    """Let a module start from a checkpoint, as Dassl does (MODEL.INIT_WEIGHTS).

    Raises:
        ValueError: if its tensors belong to classes, which Dassl cannot match.
    """
    if any(not isinstance(value, torch.Tensor) for value in module.state_dict().values()):
        raise ValueError(
            "MODEL.INIT_WEIGHTS cannot fill rows that belong to classes; leave it out, or test "
            "the other model with --model-dir"
        )
    load_pretrained_weights(module, path)


def build_schedule(optim: Optimizer, optim_cfg: CfgNode, batches: int) -> LRScheduler:
    """The learning rate schedule of an OPTIM node: a `StepSchedule`, or one of Dassl's by epochs.

    Args:
        optim: whose rates it changes.
        optim_cfg: the node.
        batches: steps of an epoch.

    Raises:
        ValueError: if the node does not fit, or an installed Dassl fails on this PyTorch.
    """
    if optim_cfg.WARMUP_STEPS >= 0:
        return step_schedule(optim, optim_cfg, batches * optim_cfg.MAX_EPOCH)
    try:
        return build_lr_scheduler(optim, optim_cfg)
    except TypeError as error:
        message = str(error)
        if "LRScheduler" in message:  # original Dassl hands PyTorch an argument that is gone
            message = (
                f"the installed Dassl cannot warm up on PyTorch {torch.__version__}; "
                "set DASSL=bundled, or WARMUP_EPOCH -1 in each OPTIM node"
            )
        raise ValueError(message) from error
