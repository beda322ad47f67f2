"""One case of benchmarks/test_time.py: images tuned to, and the memory that takes.

`python -m benchmarks.test_time_case RAdaTPT ViT-B/16 1000 8 cpu 1 2` prints the bytes that episodes
of 8 images add with one step and two threads, where features are given, so that encoders take none.
"""

import contextlib
import io
import sys
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from rada.toolbox import use_dassl

use_dassl()

from benchmarks.fresh import fresh
from benchmarks.peaks import added_bytes
from benchmarks.plain_episodes import plain_episodes
from rada.backbones.backbone import Backbone
from rada.backbones.weights import TINY_CLIP
from rada.classifier import CLIPClassifier
from rada.encoders.prompts import PromptEncoder, PromptLearner
from rada.head.cosine import CosineHead
from rada.head.rational import RAdaHead
from rada.listing import StandIn, named_backbone
from rada.test_time.episodes import Episode, Episodes

VIEWS, KEPT, STEPS, RATE = 64, 6, 1, 5e-3  # TPT's
METHODS = {"TPT": ("prompt",), "RAdaTPT": ("mask",), "RAdaTPTPretrained": ("mask",)}


class Case(NamedTuple):
    """A method and its sizes."""

    method: str
    backbone: str
    num_classes: int
    num_images: int
    device: str = "cpu"
    steps: int = STEPS

    def classifier(self, backbone: Backbone) -> CLIPClassifier:
        """With random weights; a pretrained mask is not one anywhere."""
        torch.manual_seed(0)
        names = [f"class {i}" for i in range(self.num_classes)]
        with contextlib.redirect_stdout(io.StringIO()):
            encoder = PromptEncoder(backbone, PromptLearner(backbone, names, 4, "a photo of a"))
        head = CosineHead() if self.method == "TPT" else RAdaHead(backbone.dim)
        if self.method.endswith("Pretrained"):
            torch.nn.init.normal_(head.mask.out.weight, std=0.1 * backbone.dim**-0.5)
        return CLIPClassifier(encoder, head).to(self.device)

    def sides(self, backbone: Backbone) -> dict:
        """Functions of views: the plain loop, and images side by side."""
        classifier, tune = self.classifier(backbone), METHODS[self.method]
        classifier.encoder.prompt_learner.requires_grad_("prompt" in tune)
        episode = Episode(KEPT, self.steps, lambda tensors: torch.optim.AdamW(tensors, RATE))
        episodes = Episodes(classifier, tune, episode)
        return {
            "plain": lambda views: plain_episodes(classifier, tune, episode, views),
            "ours": episodes,
        }

    def views(self) -> Tensor:
        """What stands for pictures where image features are given, (E, V, 1)."""
        return torch.zeros(self.num_images, VIEWS, 1, device=self.device)

    def peak_bytes(self, threads: int) -> int | None:
        """What episodes add beyond the encoders, in a fresh process; None if that fails."""
        with contextlib.suppress(MemoryError, RuntimeError):
            return int(fresh("test_time_case", *self, threads))
        return None


class GivenImages(Backbone):
    """A backbone whose image features are there already: seeded noise, other for each picture."""

    def encode_image(self, images: Tensor, *args, **kwargs) -> Tensor:
        """Noise (B, D) for images (B, ...)."""
        generator = torch.Generator().manual_seed(2)
        return torch.randn(len(images), self.dim, generator=generator).to(images.device)


def added_bytes_of(case: Case, backbone: Backbone) -> int:
    """The peak of memory during two rounds above what was held before, features given."""
    ours = case.sides(StandIn(backbone))["ours"]
    return added_bytes(partial(ours, case.views()), case.device != "cpu")


def main(method: str, backbone: str, *words: str) -> None:
    """Print the bytes that a case adds in a process that has done a tiny one before.

    Args:
        words: numbers of classes and images, device, steps and threads.
    """
    num_classes, num_images, device, steps, threads = words
    torch.set_num_threads(int(threads))
    # of noise the predictions are so sure that gradients are denormal: some CPUs take 150 times as
    # long to multiply those, and memory is the same
    torch.set_flush_denormal(True)
    tiny = Case(method, TINY_CLIP, 2, 1, device, int(steps))
    added_bytes_of(tiny, named_backbone(TINY_CLIP).to(device))
    case = Case(method, backbone, int(num_classes), int(num_images), device, int(steps))
    print(added_bytes_of(case, named_backbone(backbone).to(device)))


if __name__ == "__main__":
    main(*sys.argv[1:])
