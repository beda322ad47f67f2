"""One case of benchmarks/steps.py: the training step of a trainer, and its peak memory.

`python -m benchmarks.steps_case CoOp ViT-B/16 50 4 cpu 2` prints the bytes that steps add; with
"recomputed" behind it, those of activation checkpointing.
"""

import contextlib
import sys
from typing import NamedTuple

import torch

from rada.toolbox import use_dassl

use_dassl()

from benchmarks.fresh import fresh
from benchmarks.peaks import added_bytes
from rada.backbones.backbone import Backbone
from rada.backbones.weights import TINY_CLIP
from rada.engine import registry as trainers_registry
from rada.engine.trainer import CLIPTrainer
from rada.listing import StandIn, assemble, named_backbone


class Step:
    """One training step of a trainer on random pictures.

    It is the trainer's own: forward, loss, backward, all its optimisers. Class features that never
    change are random and made before; all others are encoded within the step. A trainer that
    learns nothing only goes forward.

    Attributes:
        trainer: assembled, with its optimisers.
        num_images: B; 1 if class features depend on the image.
    """

    def __init__(self, name: str, backbone: Backbone, num_classes: int, num_images: int):
        torch.manual_seed(0)
        self.trainer = ready(trainers_registry.registered()[name], backbone, num_classes)
        self.num_images = 1 if self.trainer.model.encoder.text_depends_on_image else num_images
        shape = self.num_images, 3, backbone.image_size, backbone.image_size
        self.batch = {
            "img": torch.randn(shape).to(self.trainer.device),
            "label": torch.randint(num_classes, shape[:1]).to(self.trainer.device),
            "impath": ["a random picture"] * self.num_images,
            "draw": torch.randint(2**31, shape[:1]),
        }

    def __call__(self) -> None:
        """Take the step, and wait for the device."""
        if self.trainer._models:
            self.trainer.forward_backward(self.batch)
        else:
            with torch.no_grad():
                self.trainer.model(self.batch["img"])
        if self.trainer.device.type == "cuda":
            torch.cuda.synchronize()


def ready(cls: type[CLIPTrainer], backbone: Backbone, num_classes: int) -> CLIPTrainer:
    """A trainer whose `forward_backward` can be called, in float32, in its last phase."""
    trainer = assemble(cls, StandIn(backbone), num_classes)
    trainer.model.encoder.backbone = backbone  # from here on encoders compute
    trainer.epoch = max((epochs.start for epochs in trainer.phases.values()), default=0)
    trainer.batch_idx, trainer.num_batches = 0, 2  # never the end of an epoch
    return trainer


class Case(NamedTuple):
    """Both sides of a row: a baseline, its RAda version, and sizes."""

    baseline: str
    with_mask: str
    backbone: str
    num_classes: int
    num_images: int
    device: str

    def steps(self, backbone: Backbone) -> dict[str, Step]:
        """The steps by trainer; the backbone is that of this name, on this device."""
        sizes = self.num_classes, self.num_images
        return {name: Step(name, backbone, *sizes) for name in (self.baseline, self.with_mask)}

    def peak_bytes(self, name: str, threads: int) -> int | None:
        """What a trainer's first steps add, in a fresh process; None if that fails."""
        return peak_bytes(name, *self[2:], threads)


def peak_bytes(*words: str | int) -> int | None:
    """What `main` prints for these words in a fresh process; None if that fails."""
    with contextlib.suppress(MemoryError, RuntimeError):
        return int(fresh("steps_case", *words))
    return None


def main(
    name: str,
    backbone: str,
    num_classes: str,
    num_images: str,
    device: str,
    threads: str,
    recomputed: str = "",
) -> None:
    """Print the bytes that two steps add in a process that has done a tiny one before."""
    torch.set_num_threads(int(threads))
    Step(name, named_backbone(TINY_CLIP).to(device), 2, 2)()
    clip = named_backbone(backbone).to(device)
    clip.activation_checkpointing = bool(recomputed)
    print(added_bytes(Step(name, clip, int(num_classes), int(num_images)), device != "cpu"))


if __name__ == "__main__":
    main(*sys.argv[1:])
