"""Focus batches: all captions of a batch speak of one property only.

In ordinary captions small and scattered things hardly pay: large areas tell pictures apart. A batch
in which only the shape (or the count, the pattern ...) differs leaves nothing else to learn from.
"""

import random

import torch
from torch import Tensor

from rada.world import patterns, shapes
from rada.world.captions import Fact, article, describe_digit, finish
from rada.world.corpus import Corpus
from rada.world.scene import DIGITS
from rada.world.words import CLOTH, HERDS, OPENINGS, PATTERN_RATE, SHAPE_RATE

TOPICS = ["shape"] * 4 + ["count", "colour", "digit", "digit", "surface", "texture"]


def candidates(corpus: Corpus, topic: str) -> tuple[Tensor, Tensor]:
    """Pictures that fit a topic, and how often each should be drawn: (M,) indices, (M,) weights."""
    scene = corpus.scene
    thing = (scene.count > 0) & (scene.figure < DIGITS)
    fits = {
        "shape": thing,
        "count": thing,
        "surface": thing & (scene.pattern > 0),
        "texture": scene.count == 0,
        "backdrop": thing & (scene.ground_pattern > 0),
        "colour": thing & (scene.pattern == 0),
        "digit": scene.figure >= DIGITS,
    }[topic]
    rows = fits.nonzero()[:, 0]
    shape_rate = torch.tensor([*SHAPE_RATE, 1.0])[scene.figure.clamp(max=DIGITS)]
    pattern_rate = torch.tensor(PATTERN_RATE)
    weights = {
        "surface": pattern_rate[scene.pattern],
        "texture": pattern_rate[scene.ground_pattern],
        "backdrop": pattern_rate[scene.ground_pattern],
    }.get(topic, shape_rate)
    return rows, weights[rows] * _herd_share(scene.count[rows], topic)


def _herd_share(count: Tensor, topic: str) -> Tensor:
    # herds are a seventh of the corpus; a batch about counts needs more of them
    return torch.where(count > 1, 4.0, 1.0) if topic == "count" else torch.ones(len(count))


def focus_caption(fact: Fact, topic: str, rng: random.Random) -> tuple[str, tuple]:
    """A caption about one property, and a key: captions of equal key fit each other's pictures."""
    opening = rng.choice(OPENINGS)
    if fact.style not in ("photo", "sketch") and rng.random() < 0.3:
        opening = f"a {fact.style} photo of"
    body, key = _BODIES[topic](fact, rng)
    return finish(opening, body, rng), key


def _shape(fact: Fact, rng: random.Random):
    single = fact.count == 1 or rng.random() < 0.1
    return (article(fact.shape) if single else shapes.PLURALS[fact.shape]), (fact.shape,)


def _count(fact: Fact, rng: random.Random):
    herd = rng.choice(HERDS) if fact.count > 1 else ""
    return herd + fact.named(), (fact.shape, fact.count)


def _surface(fact: Fact, rng: random.Random):
    name = patterns.NAMES[fact.pattern]
    noun = fact.shape if fact.count == 1 else shapes.PLURALS[fact.shape]
    return (article(f"{name} {noun}") if fact.count == 1 else f"{name} {noun}"), (name, fact.shape)


def _texture(fact: Fact, rng: random.Random):
    name = patterns.NAMES[fact.cloth]
    return article(f"{name} {rng.choice(CLOTH)}"), (name,)


def _backdrop(fact: Fact, rng: random.Random):
    name = patterns.NAMES[fact.cloth]
    noun = article(fact.shape) if fact.count == 1 else shapes.PLURALS[fact.shape]
    return f"{noun} on {article(name)} background", (name, fact.shape)


def _colour(fact: Fact, rng: random.Random):
    noun = fact.shape if fact.count == 1 else shapes.PLURALS[fact.shape]
    phrase = f"{fact.colour} {noun}"
    return (article(phrase) if fact.count == 1 else phrase), (fact.colour, fact.shape)


def _digit(fact: Fact, rng: random.Random):
    return describe_digit(fact, rng), (fact.digit,)


_BODIES = {
    "shape": _shape,
    "count": _count,
    "surface": _surface,
    "texture": _texture,
    "backdrop": _backdrop,
    "colour": _colour,
    "digit": _digit,
}
