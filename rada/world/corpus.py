"""The pre-training corpus: pictures of long-tailed concepts. No set of the benchmark is in it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rada.world import camera, colours, patterns, scene, shapes
from rada.world.render import render
from rada.world.scene import Scene, uniform

STYLES = ["photo", "sketch", "blurry", "dark", "bright", "noisy", "faded"]
SKETCH = STYLES.index("sketch")
CHUNK = 500  # pictures drawn at a time
_order = torch.Generator().manual_seed(7)  # which concepts are rare


def _long_tail(count: int, power: float, shuffle: bool = True) -> Tensor:
    weights = 1 / (torch.arange(count) + 1.5) ** power
    weights = weights / weights.sum()
    return weights[torch.randperm(count, generator=_order)] if shuffle else weights


SHAPE_WEIGHTS = _long_tail(len(shapes.NAMES), 0.7)
COLOUR_WEIGHTS = _long_tail(len(colours.NAMES), 0.7, shuffle=False)
PATTERN_WEIGHTS = _long_tail(len(patterns.NAMES) - 1, 0.6)
_PALE = colours.index("white", "yellow", "beige", "lime", "cyan", "pink")


@dataclass
class Corpus:
    """Scenes, their styles (N,), indices into STYLES, and pictures (N, 3, 32, 32) uint8."""

    scene: Scene
    style: Tensor
    pictures: Tensor


def draw_corpus(size: int, seed: int) -> Corpus:
    """Draw `size` pictures (rounded up to a whole chunk) from one seed."""
    generator = torch.Generator().manual_seed(seed)
    parts = [_draw_chunk(generator) for _ in range(math.ceil(size / CHUNK))]
    scenes, styles, pictures = zip(*parts, strict=True)
    return Corpus(scene.join(list(scenes)), torch.cat(styles), torch.cat(pictures))


def _draw_chunk(generator: torch.Generator) -> tuple[Scene, Tensor, Tensor]:
    parts = [
        _textures(CHUNK * 18 // 100, generator),
        _herds(CHUNK * 14 // 100, generator),
        _digits(CHUNK * 10 // 100, generator),
    ]
    parts.append(_things(CHUNK - sum(map(len, parts)), generator))
    chunk = scene.join(parts)
    style = torch.randint(1, len(STYLES), (CHUNK,), generator=generator)
    style[torch.rand(CHUNK, generator=generator) < 0.6] = 0
    style[(style == SKETCH) & ((chunk.count == 0) | (chunk.figure >= scene.DIGITS))] = 0
    _sketch(chunk, style == SKETCH, generator)
    pictures = _photograph(render(chunk, generator), style, generator)
    return chunk, style, pictures


def _pick(weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return torch.multinomial(weights, count, replacement=True, generator=generator)


def _things(n: int, generator: torch.Generator) -> Scene:
    things = scene.plain_scene(_pick(SHAPE_WEIGHTS, n, generator), generator)
    things.colour = _pick(COLOUR_WEIGHTS, n, generator)
    things.colour2 = colours.contrasting(things.colour, COLOUR_WEIGHTS, generator)
    things.ground = colours.contrasting(things.colour, COLOUR_WEIGHTS, generator)
    things.ground2 = colours.contrasting(things.colour, COLOUR_WEIGHTS, generator)
    patterned = torch.rand(2, n, generator=generator) < torch.tensor([[0.3], [0.3]])
    things.pattern = patterned[0] * (1 + _pick(PATTERN_WEIGHTS, n, generator))
    things.ground_pattern = patterned[1] * (1 + _pick(PATTERN_WEIGHTS, n, generator))
    small = torch.rand(n, generator=generator) < 0.2
    large = uniform(generator, 0.6, 0.95, n)
    size = torch.where(small, uniform(generator, 0.36, 0.6, n), large)
    room = torch.where(small, 0.9 - size, 0.15)
    things.size[:, 0] = size
    things.place[:, 0] = uniform(generator, -1, 1, n, 2) * room[:, None]
    things.turn = things.turn * 1.3
    things.grow = uniform(generator, -0.03, 0.05, n)
    return things


def _herds(n: int, generator: torch.Generator) -> Scene:
    herds = _things(n, generator)
    herds.count = torch.randint(2, scene.MOST + 1, (n,), generator=generator)
    herds.place, herds.size = scene.herd_layout(herds.count, generator)
    return herds


def _textures(n: int, generator: torch.Generator) -> Scene:
    textures = _things(n, generator)
    textures.count = torch.zeros(n, dtype=torch.long)
    textures.ground_pattern = 1 + _pick(PATTERN_WEIGHTS, n, generator)
    textures.ground2 = colours.contrasting(textures.ground, COLOUR_WEIGHTS, generator, 0.3)
    return textures


def _digits(n: int, generator: torch.Generator) -> Scene:
    digits = _things(n, generator)
    digit = torch.randint(10, (n,), generator=generator)
    digits.figure = scene.digit_figures(digit, generator)
    digits.pattern = torch.zeros(n, dtype=torch.long)
    digits.ground_pattern *= torch.rand(n, generator=generator) < 0.3
    digits.grow = uniform(generator, 0.06, 0.26, n)
    digits.slant = 0.2 * torch.randn(n, generator=generator)
    digits.stretch *= uniform(generator, 0.8, 1.2, n)
    digits.size[:, 0] = uniform(generator, 0.6, 0.95, n)
    digits.place[:, 0] = uniform(generator, -0.12, 0.12, n, 2)
    return digits


def _sketch(chunk: Scene, rows: Tensor, generator: torch.Generator) -> None:
    """Turn the chosen pictures into line drawings on white paper, in place."""
    chunk.line[rows] = uniform(generator, 1.2, 2.2, len(chunk))[rows]
    chunk.pattern[rows] = 0
    chunk.ground_pattern[rows] = 0
    chunk.ground[rows] = colours.index("white")
    chunk.colour[rows & torch.isin(chunk.colour, _PALE)] = colours.index("black")


def _photograph(pictures: Tensor, style: Tensor, generator: torch.Generator) -> Tensor:
    n = len(pictures)

    def setting(usual, special):
        value = uniform(generator, *usual, n)
        for name, limits in special.items():
            value = torch.where(style == STYLES.index(name), uniform(generator, *limits, n), value)
        return value.view(n, 1, 1, 1)

    return camera.develop(
        pictures,
        generator,
        blur=setting((0, 0.4), {"blurry": (0.7, 1.3)}),
        noise=setting((0, 0.04), {"noisy": (0.12, 0.22)}),
        gamma=setting((0.85, 1.2), {"dark": (2, 3), "bright": (0.35, 0.55)}),
        contrast=setting((0.9, 1.05), {"faded": (0.5, 0.7)}),
        saturation=setting((0.85, 1.1), {"faded": (0.1, 0.35)}),
    )
