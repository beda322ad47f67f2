"""One case of benchmarks/cost.py, in a process of its own: what a trainer takes at K classes.

`python -m benchmarks.cost_case '{"trainer": "CoOp", "backbone": "ViT-B/16", ...}'` prints JSON.
"""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import NamedTuple

import torch

from rada.toolbox import use_dassl

use_dassl()

from benchmarks.checkpoint_sizes import checkpoint_bytes
from benchmarks.cost_sides import Trained, Tuned, side, side_without_mask
from benchmarks.flops import counted
from benchmarks.fresh import fresh
from benchmarks.limits import limited_memory
from benchmarks.peaks import added_bytes
from benchmarks.turns import take_turns
from rada.backbones.weights import TINY_CLIP
from rada.listing import learned_parameters, named_backbone


class Case(NamedTuple):
    """A trainer, its sizes, and how it is measured.

    Attributes:
        mask: "with", "without" (peaks only, of what a mask is added to), or "" for no mask.
        memory: GB that the process may take; 0: what the machine has left.
    """

    trainer: str
    mask: str
    backbone: str
    num_classes: int
    num_images: int
    device: str
    threads: int
    repeats: int
    seconds: float
    memory: float

    def in_a_process(self) -> dict:
        """What `measure` finds in a fresh process; raises as `benchmarks.fresh.fresh` does."""
        return json.loads(fresh("cost_case", json.dumps(self._asdict())).splitlines()[-1])

    def measure(self) -> dict:
        """What was found, by name: FLOPs and seconds by side, "with" the mask and "without"."""
        tiny = named_backbone(TINY_CLIP).to(self.device)
        peaks(self.side(tiny, 2, 2))  # what a process loads once is no case's own
        backbone = named_backbone(self.backbone).to(self.device)
        sizes = backbone, self.num_classes, self.num_images
        own = self.side(*sizes)
        found = {"B": own.num_images, "peaks": peaks(own)}
        if self.mask == "without":
            return found
        sides = {"with": own}
        if self.mask:
            sides["without"] = side_without_mask(self.trainer, *sizes)
        if own.learns:
            found["train"] = self.compared({name: each.train for name, each in sides.items()})
            found["checkpoint"] = checkpoint_bytes(own.trainer)
        with ExitStack() as stack:
            calls = {n: stack.enter_context(each.testing()) for n, each in sides.items()}
            found["test"] = self.compared(calls)
        return found | learned(own)

    def side(self, *sizes) -> Trained | Tuned:
        """What the peaks are of."""
        return (side_without_mask if self.mask == "without" else side)(self.trainer, *sizes)

    def compared(self, calls: dict[str, Callable]) -> dict[str, dict]:
        """FLOPs and least seconds of each call; they warm up while they are counted."""
        flops = {name: counted(call) for name, call in calls.items()}
        return {"FLOPs": flops, "seconds": take_turns(calls, self.repeats, self.seconds)}


def peaks(own: Trained | Tuned) -> dict[str, int]:
    """Bytes that a test step and two training steps add to what is held before."""
    cuda = own.trainer.device.type == "cuda"
    with own.testing() as test:
        found = {"test": added_bytes(test, cuda, times=1)}
    if own.learns:
        found["train"] = added_bytes(own.train, cuda)
    return found


def learned(own: Trained | Tuned) -> dict[str, int]:
    """How many numbers are learned, and how many of them are the mask's."""
    mask = getattr(own.trainer.model.head, "mask", None)
    return {
        "learned": learned_parameters(own.trainer),
        "learned mask": sum(p.numel() for p in mask.parameters()) if mask else 0,
    }


def main(text: str) -> None:
    """Measure a case; text is its JSON."""
    case = Case(**json.loads(text))
    torch.set_num_threads(case.threads)
    with limited_memory(case.memory) if case.device == "cpu" else nullcontext():
        print(json.dumps(case.measure()))


if __name__ == "__main__":
    main(*sys.argv[1:])
