"""Models in float64: a test may then compare what an optimiser makes of two ways of computing.

In float32 rounding decides the sign of a gradient near zero, AdamW moves by signs, and a gap after
a step says more about the processor than about the code.

`python -m tests.float64` is train.py with models in float64.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from unittest.mock import patch

import torch
from torch import nn

import rada.backbones.loading
import train
from rada.backbones.backbone import Backbone
from rada.backbones.weights import import_clip
from rada.toolbox import use_dassl

Module = TypeVar("Module", bound=nn.Module)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}  # the same in another order, after a few steps


def in_float64(module: Module) -> Module:
    """The module itself, all of it in float64; CLIP's LayerNorms would go through float32."""
    for part in module.modules():
        if isinstance(part, import_clip().model.LayerNorm):
            part.__class__ = nn.LayerNorm
    return module.to(torch.float64)


@contextmanager
def trainers_in_float64() -> Iterator[None]:
    """Inside, trainers load backbones in float64, and what they add to them follows."""
    use_dassl()
    from rada.engine import trainer
    from rada.engine.trainer import CLIPTrainer

    register_learned = CLIPTrainer.register_learned

    def build_backbone(name: str, precision: str) -> Backbone:
        return in_float64(rada.backbones.loading.build_backbone(name, precision))

    def register(self: CLIPTrainer) -> None:
        in_float64(self.model)
        register_learned(self)  # optimisers begin with what is there by now

    built = patch.object(trainer, "build_backbone", build_backbone)
    registered = patch.object(CLIPTrainer, "register_learned", register)
    with built, registered:
        yield


if __name__ == "__main__":
    with trainers_in_float64():
        sys.exit(train.cli())
