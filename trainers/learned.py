"""What is learned, and how: a module, its OPTIM node and the schedule made of it."""

from typing import NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from yacs.config import CfgNode

from dassl.optim import build_lr_scheduler


class Learned(NamedTuple):
    """A module to train and the OPTIM node that says how."""

    module: nn.Module
    optim: CfgNode


def build_schedule(optim: Optimizer, optim_cfg: CfgNode) -> LRScheduler:
    """The learning rate schedule of an OPTIM node.

    Raises:
        ValueError: if the node does not fit, or an installed Dassl fails on this PyTorch.
    """
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
