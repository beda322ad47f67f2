"""Zero-shot and linear-probe accuracy of the tiny CLIP: python -m rada.world.evaluate"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rada.world import colours, glyphs, patterns, shapes
from rada.world.corpus import draw_corpus
from rada.world.scene import DIGITS

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)  # CLIP's
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)


def normalise(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, 32, 32) uint8 as CLIP wants them."""
    return (pictures.float() / 255 - MEAN) / STD


@torch.no_grad()
def image_features(model: nn.Module, pictures: Tensor) -> Tensor:
    """Normalised features (N, D) of pictures (N, 3, 32, 32) uint8."""
    parts = [model.encode_image(normalise(part)) for part in pictures.split(500)]
    return F.normalize(torch.cat(parts), dim=-1)


@torch.no_grad()
def text_features(model: nn.Module, tokens: Tensor) -> Tensor:
    """Normalised features (K, D) of tokens (K, L)."""
    return F.normalize(model.encode_text(tokens), dim=-1)


def accuracy(images: Tensor, texts: Tensor, labels: Tensor) -> float:
    """Per cent of images (N, D) nearest to the text (K, D) of their label (N,)."""
    return 100 * (images @ texts.T).argmax(1).eq(labels).float().mean().item()


def report_concepts(model: nn.Module, vocabulary) -> str:
    """Accuracy per kind of concept on fresh pictures of the pre-training world."""
    corpus = draw_corpus(4000, seed=999)
    scene, features = corpus.scene, image_features(model, corpus.pictures)
    single = (scene.count == 1) & (scene.figure < DIGITS)
    digit = scene.figure >= DIGITS
    tasks = {
        "shapes": ([f"a {n}" for n in shapes.NAMES], single, scene.figure),
        "textures": (
            [f"a {n} texture" for n in patterns.NAMES],
            scene.count == 0,
            scene.ground_pattern,
        ),
        "colours": (
            [f"a {n} shape" for n in colours.NAMES],
            single & (scene.pattern == 0),
            scene.colour,
        ),
        "counts": ([f"{n} things" for n in glyphs.WORDS[:6]], scene.count > 1, scene.count),
        "digits": (
            [f"a {n}" for n in glyphs.WORDS],
            digit,
            (scene.figure - DIGITS) // glyphs.VARIANTS,
        ),
    }
    words = []
    for task, (names, rows, labels) in tasks.items():
        texts = text_features(model, vocabulary.tokenize([f"a photo of {n}." for n in names]))
        words.append(f"{task} {accuracy(features[rows], texts, labels[rows]):.1f}")
    return ", ".join(words)
