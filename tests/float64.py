"""Models in float64, so that a test may compare what steps of an optimiser make of two computations.

In float32 rounding decides the sign of a gradient near zero, AdamW moves by signs, and a gap after
a step says more about the processor than about the code.

`python -m tests.float64` is train.py with models in float64.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn

import train
from models.weights import import_clip
from toolbox import use_dassl

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
    """Inside, trainers go on in float64 once a model is built, before it gets its optimisers."""
    use_dassl()
    from trainers.learned_modules import LearnedModules

    register_learned = LearnedModules.register_learned

    def register(self: LearnedModules) -> None:
        in_float64(self.model)
        register_learned(self)

    LearnedModules.register_learned = register
    try:
        yield
    finally:
        LearnedModules.register_learned = register_learned


if __name__ == "__main__":
    with trainers_in_float64():
        sys.exit(train.cli())
