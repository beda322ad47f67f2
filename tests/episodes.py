"""Shared by the tests of episodes: small classifiers of all kinds, views, optimisers."""

import torch

from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier
from rada.encoders.prompts import (
    ConditionalEncoder,
    ConditionalPromptLearner,
    CoupledPrompts,
    PromptEncoder,
    PromptLearner,
)
from rada.head.cosine import CosineHead
from rada.head.rational import RAdaHead
from tests.rada import drawn_weights, load_weights
from tests.tinyclip import seeded_images

NAMES = ["cat", "grand piano", "dog", "tree house", "owl"]
VIEWS, KEPT = 10, 3


def trained_head(dim: int) -> RAdaHead:
    """A mask that is not one: `out` is small, the other layers are drawn."""
    weights = drawn_weights(7, dim)
    for kind in ("weight", "bias"):
        weights[f"out_proj.{kind}"] *= 0.1
    return load_weights(RAdaHead(dim, 4), weights)


def build(backbone: Backbone, kind: str) -> tuple[CLIPClassifier, tuple[str, ...]]:
    """A classifier of a kind in the backbone's precision, and what of it is tuned."""
    classifier, tune = _build(backbone, kind)
    return classifier.to(backbone.dtype), tune


def _build(backbone: Backbone, kind: str) -> tuple[CLIPClassifier, tuple[str, ...]]:
    torch.manual_seed(3)
    if kind == "cocoop":
        learner = ConditionalPromptLearner(backbone, NAMES, 4, "a photo of a")
        return CLIPClassifier(ConditionalEncoder(backbone, learner), CosineHead()), ("prompt",)
    if kind == "maple":
        learner = CoupledPrompts(backbone, NAMES, 2, "a photo of a", 2)
        return CLIPClassifier(PromptEncoder(backbone, learner), CosineHead()), ("prompt",)
    specific = kind == "class-specific"
    words = "" if specific else "a photo of a"
    encoder = PromptEncoder(backbone, PromptLearner(backbone, NAMES, 4, words, specific))
    fresh, tune = RAdaHead(backbone.dim, 4), kind.rpartition(" ")[2]
    if kind in ("tpt", "class-specific"):
        return CLIPClassifier(encoder, CosineHead()), ("prompt",)
    head = trained_head(backbone.dim) if "trained" in kind else fresh
    return CLIPClassifier(encoder, head), {"both": ("prompt", "mask")}.get(tune, (tune,))


KINDS = [
    *("tpt", "class-specific", "maple"),
    *("fresh mask", "trained mask", "fresh both", "trained both", "trained prompt"),
]


def views_of(images: int) -> torch.Tensor:
    """Views that resemble their image: (images, V, 3, 32, 32)."""
    base = seeded_images(5, images, 32)[:, None]
    return 0.8 * base + 0.6 * seeded_images(6, images * VIEWS, 32).view(images, VIEWS, 3, 32, 32)


def adamw(tensors: list[torch.Tensor]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(tensors, 5e-3)


def sgd(tensors: list[torch.Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(tensors, 5e-3, momentum=0.9, weight_decay=0.01)
