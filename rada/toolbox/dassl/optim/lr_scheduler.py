"""Learning rate schedules, one step per epoch, with warm-up."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR, StepLR
from yacs.config import CfgNode

from dassl.optim.warmup import ConstantWarmupScheduler, LinearWarmupScheduler

AVAI_SCHEDS = ["single_step", "multi_step", "cosine"]


def build_lr_scheduler(optimizer: Optimizer, optim_cfg: CfgNode) -> LRScheduler:
    """The schedule that OPTIM.LR_SCHEDULER names, with OPTIM.WARMUP_* around it.

    Raises:
        ValueError: for an unknown schedule or kind of warm-up.
        TypeError: if OPTIM.STEPSIZE does not fit the schedule.
    """
    c = optim_cfg
    if c.LR_SCHEDULER not in AVAI_SCHEDS:
        raise ValueError(f"scheduler must be one of {AVAI_SCHEDS}, but got {c.LR_SCHEDULER}")
    if c.LR_SCHEDULER == "cosine":
        scheduler = CosineAnnealingLR(optimizer, c.MAX_EPOCH)
    elif c.LR_SCHEDULER == "multi_step":
        scheduler = MultiStepLR(optimizer, _milestones(c.STEPSIZE), c.GAMMA)
    else:
        scheduler = StepLR(optimizer, _step_size(c), c.GAMMA)
    return _warmed_up(scheduler, c) if c.WARMUP_EPOCH > 0 else scheduler


def _warmed_up(scheduler: LRScheduler, c: CfgNode) -> LRScheduler:
    if not c.WARMUP_RECOUNT:
        scheduler.last_epoch = c.WARMUP_EPOCH
    warm, epochs = (scheduler.optimizer, scheduler), c.WARMUP_EPOCH
    if c.WARMUP_TYPE == "constant":
        return ConstantWarmupScheduler(*warm, epochs, c.WARMUP_CONS_LR)
    if c.WARMUP_TYPE == "linear":
        return LinearWarmupScheduler(*warm, epochs, c.WARMUP_MIN_LR)
    raise ValueError(f"OPTIM.WARMUP_TYPE is constant or linear; got {c.WARMUP_TYPE}")


def _milestones(stepsize: Any) -> list[int]:
    if not isinstance(stepsize, list | tuple):
        raise TypeError(
            f"For multi_step lr_scheduler, stepsize must be a list, but got {type(stepsize)}"
        )
    return list(stepsize)


def _step_size(c: CfgNode) -> int:
    stepsize = c.STEPSIZE[-1] if isinstance(c.STEPSIZE, list | tuple) else c.STEPSIZE
    if not isinstance(stepsize, int):
        raise TypeError(
            f"For single_step lr_scheduler, stepsize must be an integer, but got {type(stepsize)}"
        )
    return stepsize if stepsize > 0 else c.MAX_EPOCH
