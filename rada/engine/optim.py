"""What is learned, and how: a module, its OPTIM node and the schedule made of it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.optim import build_lr_scheduler
from dassl.utils import load_pretrained_weights
from rada.settings import BY_STEPS, defaults

MOST_WARMUP = 0.1  # of all steps: a run of few steps is not all warm-up


class StepSchedule(LambdaLR):
    """Linear warm-up, then a cosine to zero, one step of it for each of the optimiser's.

    As in WiSE-FT and FLYP: step i of W is taken at LR (i + 1) / W, then at
    LR (1 + cos(pi e / (N - W))) / 2, e counting from 0.

    Args:
        optimizer: whose rates are the highest ones.
        steps: N, of the whole training.
        warmup: W, below N.
    """

    by_step = True

    def __init__(self, optimizer: Optimizer, steps: int, warmup: int):
        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))

        super().__init__(optimizer, factor)


def step_schedule(optimizer: Optimizer, optim_cfg: CfgNode, steps: int) -> StepSchedule:
    """The schedule of an OPTIM node with WARMUP_STEPS of 0 or more.

    Raises:
        ValueError: if the node also asks for a schedule by epochs.
    """
    if optim_cfg.LR_SCHEDULER != "cosine" or optim_cfg.WARMUP_EPOCH > 0:
        raise ValueError(
            "OPTIM.WARMUP_STEPS warms up by steps, then follows a cosine: it goes with "
            f"LR_SCHEDULER cosine and WARMUP_EPOCH -1, not {optim_cfg.LR_SCHEDULER} and "
            f"{optim_cfg.WARMUP_EPOCH}"
        )
    warmup = min(optim_cfg.WARMUP_STEPS, int(MOST_WARMUP * steps))
    if warmup < optim_cfg.WARMUP_STEPS:
        print(f"Warming up for {warmup} of {steps} steps, not {optim_cfg.WARMUP_STEPS}")
    return StepSchedule(optimizer, steps, warmup)


class Learned(NamedTuple):
    """A module to train, the OPTIM node that says how, and in which epochs, from 0; None: in all.

    The node's MAX_EPOCH is the number of these epochs.
    """

    module: nn.Module
    optim: CfgNode
    epochs: range | None = None


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
    usual = get_cfg_default().OPTIM | defaults(BY_STEPS)
    for key in sorted(optim.keys() - {"MAX_EPOCH"}):
        if optim[key] != usual[key]:
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


def clip_gradients(
    optims: Sequence[Optimizer], scaler: torch.amp.GradScaler, longest: float
) -> bool:
    """Scale the gradient of all that some optimisers move together to a norm if it is longer.

    Args:
        optims: whose gradients are scaled as `scaler` says; afterwards they are not.
        scaler: enabled or not.
        longest: the norm, above 0.

    Returns:
        Whether the gradient is finite; if not, the step has to be left out by all of them.

    Raises:
        FloatingPointError: if it is not finite, and no scaler is there to leave the step out.
    """
    for optim in optims:
        scaler.unscale_(optim)
    groups = (group for optim in optims for group in optim.param_groups)
    learned = [parameter for group in groups for parameter in group["params"]]
    norm = nn.utils.clip_grad_norm_(learned, longest)
    if not scaler.is_enabled() and not norm.isfinite():
        raise FloatingPointError("the gradient is not finite")
    return bool(norm.isfinite())


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
