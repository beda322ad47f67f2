"""The pictures of the five procedural few-shot sets, each with its own shift from pre-training.

Classes, shifts and their strengths were fixed before any method was compared (docs/world.md).
Strength 1 is the shift of the benchmark; strength 0 draws the same classes much as in pre-training:
a control, on which there is little to adapt to.
"""

import torch
from torch import Tensor

from rada.world import camera, classes, colours, patterns, scene, shapes
from rada.world.render import render
from rada.world.scene import Scene, uniform

FINAL_SEED = 2
PARTS = {"train": 48, "val": 8, "test": 60}  # pictures per class
CHUNK = 120  # pictures drawn at a time: small arrays stay in the cache


def draw_part(
    name: str, part: str, strength: float = 1.0, seed: int = FINAL_SEED
) -> tuple[Tensor, Tensor]:
    """All pictures of one part of a set, class by class.

    Args:
        name: a key of SETS; part: a key of PARTS.

    Returns:
        (pictures (N, 3, 32, 32) uint8, labels (N,)).
    """
    number = 100 * seed + 10 * list(SETS).index(name) + list(PARTS).index(part)
    generator = torch.Generator().manual_seed(number)
    labels = torch.arange(len(classes.CLASSNAMES[name])).repeat_interleave(PARTS[part])
    pictures = [SETS[name](some, strength, generator) for some in labels.split(CHUNK)]
    return torch.cat(pictures), labels


def blueprints(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """White lines on blue grid paper, all turned the same way."""
    things, n = things_of(classes.DRAWINGS, labels, generator), len(labels)
    if strength:
        things.line = uniform(generator, 1.5, 2.2, n)
        things.colour = drawn_from("white", n, generator)
        things.ground = drawn_from("blue navy", n, generator)
        things.ground2 = drawn_from("cyan blue", n, generator)
        things.ground_pattern = _pattern("grid", labels)
        things.ground_period = uniform(generator, 2, 3, n)
        things.ground_weave = 0.05 * torch.randn(n, generator=generator)
    things.turn = things.turn - 0.15 * strength
    return camera.exposure(render(things, generator), generator, blur=(0.1, 0.4))


def fabrics(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Old photographs of cloth from close by: sepia, flat, enlarged."""
    cloth, n = scene.plain_scene(torch.zeros_like(labels), generator), len(labels)
    cloth.count = torch.zeros_like(labels)
    cloth.ground_pattern = torch.tensor([patterns.NAMES.index(c) for c in classes.CLOTHS])[labels]
    cloth.ground_period = uniform(generator, 1.8 - 0.6 * strength, 3 - 1.2 * strength, n)
    pictures = render(cloth, generator)
    pictures = camera.mix(pictures, camera.sepia(pictures), min(1, 0.8 * strength))
    flat = (0.9 - 0.35 * strength, 1.0)
    return camera.exposure(pictures, generator, blur=(0.2, 0.5), contrast=flat)


def tints(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Coloured shapes under amber light, taken with a wrong white balance."""
    colour, shape = zip(*classes.TINTS, strict=True)
    things, n = things_of(list(shape), labels, generator), len(labels)
    things.colour = colours.index(*colour)[labels]
    things.ground = drawn_from("white beige gray", n, generator)
    pictures = camera.turn_hue(render(things, generator), 22 * strength)
    dimmed = torch.tensor([0.0, 0.15, 0.4]) * strength * uniform(generator, 0.7, 1.3, n, 1)
    light = (1 - dimmed).clamp(0, 1)[..., None, None]
    return camera.exposure(pictures * light, generator, gamma=(0.9, 1.2 + 0.2 * strength))


def herds(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Small figures on a speckled meadow at dusk, all leaning the same way."""
    count, thing = zip(*classes.HERDS, strict=True)
    things, n = things_of(list(thing), labels, generator), len(labels)
    things.count = torch.tensor(count)[labels]
    things.place, things.size = scene.herd_layout(things.count, generator)
    if strength:
        things.colour = drawn_from("white beige yellow pink", n, generator)
        things.ground = drawn_from("green olive", n, generator)
        things.ground2 = drawn_from("green brown teal", n, generator)
        things.ground_pattern = _pattern("speckled", labels)
    things.turn = things.turn + 0.65 * strength
    faded = (1 - 0.6 * strength, 1.0)
    return camera.exposure(render(things, generator), generator, saturation=faded)


def heatmaps(labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """A poor heat camera, held askew: life is hot on a cold ground, things cold on a hot one."""
    things, n = things_of(classes.LIVING + classes.LIFELESS, labels, generator), len(labels)
    if strength:
        bright = [drawn_from("white yellow beige lime", n, generator) for _ in range(2)]
        dark = [drawn_from("black navy maroon purple", n, generator) for _ in range(2)]
        alive = labels < len(classes.LIVING)
        things.colour = torch.where(alive, bright[0], dark[0])
        things.ground = torch.where(alive, dark[0], bright[0])
        things.ground2 = torch.where(alive, dark[1], bright[1])
        things.ground_pattern = _pattern("blotchy", labels)
    things.turn = things.turn + 0.65 * strength
    pictures = render(things, generator)
    pictures = camera.mix(pictures, camera.false_colour(pictures), min(1, strength))
    soft, grain = (0.2, 0.4 + 1.6 * strength), (0, 0.05 + 0.25 * strength)
    return camera.exposure(pictures, generator, blur=soft, noise=grain)


SETS = {f.__name__: f for f in (blueprints, fabrics, tints, herds, heatmaps)}


def things_of(names: list[str], labels: Tensor, generator: torch.Generator) -> Scene:
    """A plain scene of each label's thing."""
    figures = torch.tensor([shapes.NAMES.index(name) for name in names])
    return scene.plain_scene(figures[labels], generator)


def drawn_from(names: str, count: int, generator: torch.Generator) -> Tensor:
    """Colours (count,), each one of those named, as indices."""
    choices = colours.index(*names.split())
    return choices[torch.randint(len(choices), (count,), generator=generator)]


def _pattern(name: str, like: Tensor) -> Tensor:
    return torch.full_like(like, patterns.NAMES.index(name))
