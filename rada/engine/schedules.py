"""A learning rate schedule that goes by steps instead of epochs."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from yacs.config import CfgNode

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
