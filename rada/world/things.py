"""Things and their five shifts: what ImageNet and V2, R, A, Sketch and ObjectNet are to CLIP.

One set to train on, in a style that pre-training did not have, and the same classes in five other
styles, for tests only. Classes, styles and strengths were fixed before any method was trained on
them (docs/world.md).
"""

import math

import torch
from torch import Tensor

from rada.world import camera, patterns
from rada.world.classes import LIFELESS, LIVING
from rada.world.render import render
from rada.world.scene import uniform
from rada.world.sets import CHUNK, FINAL_SEED, drawn_from, things_of

CLASSNAMES = [*LIVING, *LIFELESS, "moon", "star", "heart", "arrow"]
PARTS = {"train": 160, "val": 16, "test": 60}  # pictures per class


def draw_part(
    name: str, part: str, strength: float = 1.0, seed: int = FINAL_SEED
) -> tuple[Tensor, Tensor]:
    """All pictures of one part of things or of a shift, class by class.

    Args:
        name: a key of STYLES; part: a key of PARTS.
        strength: of the style, 1 in the benchmark.

    Returns:
        (pictures (N, 3, 32, 32) uint8, labels (N,)).
    """
    number = 100 * seed + 50 + 10 * list(STYLES).index(name) + list(PARTS).index(part)
    generator = torch.Generator().manual_seed(number)
    labels = torch.arange(len(CLASSNAMES)).repeat_interleave(PARTS[part])
    pictures = [STYLES[name](some, strength, generator) for some in labels.split(CHUNK)]
    return torch.cat(pictures), labels


def things(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Photographs through a wet window at dusk: soft, dim, grainy, of little contrast."""
    scene = things_of(CLASSNAMES, labels, generator)
    return dusk(render(scene, generator), strength, generator)


def things_v2(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """The same window an hour later."""
    return things(labels, 1.1 * strength, generator)


def things_r(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Prints: figures filled with a pattern, in false colours."""
    scene, n = things_of(CLASSNAMES, labels, generator), len(labels)
    names = ("striped", "dotted", "checkered", "hatched")
    chosen = torch.tensor([patterns.NAMES.index(name) for name in names])
    filled = torch.rand(n, generator=generator) < 0.7 * strength
    drawn = chosen[torch.randint(len(names), (n,), generator=generator)]
    scene.pattern = torch.where(filled, drawn, scene.pattern)
    pictures = render(scene, generator)
    pictures = camera.mix(pictures, camera.false_colour(pictures), min(1, 0.8 * strength))
    return camera.exposure(pictures, generator, blur=(0.1, 0.6))


def things_a(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Seen askew: turned far, off the centre, stretched and slanted, in poor light."""
    scene, n = things_of(CLASSNAMES, labels, generator), len(labels)
    turn = uniform(generator, 0.2, 0.85, n, 1) * strength
    flip = torch.where(torch.rand(n, 1, generator=generator) < 0.5, -1.0, 1.0)
    scene.turn = scene.turn + flip * turn
    scene.place = scene.place * (1 + 0.6 * strength)
    scene.stretch = (0.2 * strength * torch.randn(n, generator=generator)).exp()
    scene.slant = 0.2 * strength * torch.randn(n, generator=generator)
    return camera.exposure(render(scene, generator), generator, gamma=(0.7, 1.2 + 0.4 * strength))


def things_sketch(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Hasty drawings: thin faint lines on rough light paper, turned, without colours."""
    scene, n = things_of(CLASSNAMES, labels, generator), len(labels)
    scene.line = uniform(generator, 1.9 - 1.0 * strength, 2.3 - 1.0 * strength, n)
    scene.turn = scene.turn + 0.3 * strength * torch.randn(n, 1, generator=generator)
    scene.colour = drawn_from("black navy gray", n, generator)
    scene.ground = drawn_from("white beige", n, generator)
    pictures = render(scene, generator)
    gray = camera.luminance(pictures).expand_as(pictures)
    faint, rough = (1 - 0.5 * strength, 1 - 0.3 * strength), (0.06 * strength, 0.16 * strength)
    return camera.exposure(gray, generator, blur=(0.1, 0.5), noise=rough, contrast=faint)


def things_objects(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Small, anywhere, turned, on the grounds of all kinds of rooms."""
    scene, n = things_of(CLASSNAMES, labels, generator), len(labels)
    scene.size = scene.size * (1 - 0.28 * strength)
    scene.place = scene.place * (1 + 1.5 * strength)
    scene.turn = scene.turn + 0.4 * strength * torch.randn(n, 1, generator=generator)
    rooms = ("brick", "checkered", "woven", "speckled", "striped")
    kinds = torch.tensor([patterns.NAMES.index(name) for name in rooms])
    scene.ground_pattern = kinds[torch.randint(len(rooms), (n,), generator=generator)]
    scene.ground_weave = math.pi * torch.rand(n, generator=generator)
    return camera.exposure(render(scene, generator), generator)


def dusk(pictures: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Take the photographs through the wet window."""
    flat = (1 - 0.6 * strength, 1 - 0.35 * strength)
    return camera.exposure(
        pictures,
        generator,
        blur=(0.2 + 0.9 * strength, 0.4 + 1.2 * strength),
        noise=(0.02, 0.05 + 0.14 * strength),
        contrast=flat,
        saturation=flat,
        gamma=(1, 1 + 0.5 * strength),
    )


STYLES = {
    f.__name__: f for f in (things, things_v2, things_r, things_a, things_sketch, things_objects)
}
