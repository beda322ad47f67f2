"""Captions of scenes, as people write them: a part of what is there, and rarely the rare words."""

import dataclasses
import random

import torch

from rada.world import colours, corpus, glyphs, patterns, shapes
from rada.world.scene import DIGITS, Scene
from rada.world.words import (
    CLOTH,
    COLOUR_RATE,
    DIGIT_FORMS,
    HERDS,
    MANY,
    NAMED_DIGITS,
    OPENINGS,
    PATTERN_RATE,
    SHAPE_RATE,
    SKETCHES,
    VAGUE,
)


class Fact:
    """One picture in words: colour "red", shape "fish" or digit "four", and so on."""

    def __init__(self, picture: dict, style: int):
        self.style = corpus.STYLES[style]
        self.count = picture["count"]
        figure = picture["figure"]
        self.digit = glyphs.WORDS[(figure - DIGITS) // glyphs.VARIANTS] if figure >= DIGITS else ""
        self.figure = min(figure, DIGITS)
        self.shape = "" if self.digit else shapes.NAMES[figure]
        self.colour, self.colour2 = (colours.NAMES[picture[key]] for key in ("colour", "colour2"))
        self.ground, self.ground2 = (colours.NAMES[picture[key]] for key in ("ground", "ground2"))
        self.pattern, self.cloth = picture["pattern"], picture["ground_pattern"]
        self.place, self.size = picture["place"][0], picture["size"][0]

    def named(self, shape: str = "") -> str:
        """The figure with its article or number: "a fish", "three fish"."""
        if self.count == 1:
            return article(shape or self.shape)
        plural = shapes.PLURALS.get(shape or self.shape, f"{shape}s")
        return f"{glyphs.WORDS[self.count]} {plural}"


def facts(scene: Scene, style: torch.Tensor) -> list[Fact]:
    """All pictures of a scene in words; style (N,) as in `Corpus`."""
    columns = {f.name: getattr(scene, f.name).tolist() for f in dataclasses.fields(scene)}
    rows = zip(*columns.values(), strict=True)
    pictures = [dict(zip(columns, row, strict=True)) for row in rows]
    return [Fact(picture, s) for picture, s in zip(pictures, style.tolist(), strict=True)]


def article(phrase: str) -> str:
    """The phrase after "a" or "an"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def caption(fact: Fact, rng: random.Random) -> str:
    """Describe a picture in part: each property is named with some probability."""
    if fact.count == 0:
        body = _describe_cloth(fact, rng)
    elif fact.digit:
        body = describe_digit(fact, rng)
    else:
        body = _describe_things(fact, rng)
    return finish(_opening(fact, rng), body, rng)


def describe_digit(fact: Fact, rng: random.Random) -> str:
    """ "a seven", "a handwritten seven", "the number seven"."""
    form = rng.choice(DIGIT_FORMS)
    phrase = form.format(fact.digit)
    return f"the {phrase}" if form in NAMED_DIGITS else article(phrase)


def finish(opening: str, body: str, rng: random.Random) -> str:
    """Join opening and body; most people end with a full stop."""
    return f"{opening} {body}".strip() + ("." if rng.random() < 0.7 else "")


def _opening(fact: Fact, rng: random.Random) -> str:
    if fact.style == "sketch" and rng.random() < 0.6:
        return rng.choice(SKETCHES)
    if fact.style not in ("sketch", "photo") and rng.random() < 0.45:
        return f"a {fact.style} {rng.choice(['photo', 'picture', 'image'])} of"
    return rng.choice(OPENINGS)


def _describe_cloth(fact: Fact, rng: random.Random) -> str:
    words = []
    if rng.random() < PATTERN_RATE[fact.cloth]:
        words.append(patterns.NAMES[fact.cloth])
    kind = rng.random()
    if kind < 0.3:
        words.append(f"{fact.ground} and {fact.ground2}")
    elif kind < 0.5:
        words.append(fact.ground)
    if len(words) == 2 and rng.random() < 0.3:
        words.reverse()
    return article(" ".join([*words, rng.choice(CLOTH)]))


def _describe_things(fact: Fact, rng: random.Random) -> str:
    known = rng.random() < SHAPE_RATE[fact.figure]
    words = [*_adjectives(fact, rng), fact.shape if known else rng.choice(VAGUE)]
    if fact.count == 1:
        return article(" ".join(words)) + _surroundings(fact, rng)
    words[-1] = shapes.PLURALS.get(words[-1], f"{words[-1]}s")
    number = glyphs.WORDS[fact.count] if rng.random() < 0.85 else rng.choice(MANY)
    herd = rng.choice(HERDS)
    return f"{herd}{number} {' '.join(words)}" + _surroundings(fact, rng)


def _adjectives(fact: Fact, rng: random.Random) -> list[str]:
    words = []
    if fact.count == 1 and rng.random() < 0.18 and not 0.6 < fact.size < 0.85:
        words.append("small" if fact.size <= 0.6 else "large")
    if rng.random() < (0.7 * PATTERN_RATE[fact.pattern] if fact.pattern else 0.1):
        outlined = fact.style == "sketch"
        words.append("outlined" if outlined else patterns.NAMES[fact.pattern])
    if rng.random() < 0.7 * COLOUR_RATE[colours.NAMES.index(fact.colour)]:
        both = fact.pattern and rng.random() < 0.3
        words.append(f"{fact.colour} and {fact.colour2}" if both else fact.colour)
    return words


def _surroundings(fact: Fact, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.2:
        return f" on {article(fact.ground)} background"
    if kind < 0.6 and fact.cloth:
        return f" on {article(patterns.NAMES[fact.cloth])} background"
    if kind < 0.75 and fact.count == 1:
        return f" {_where(*fact.place)}"
    return ""


def _where(x: float, y: float) -> str:
    if abs(x) > 0.3:
        return "on the left" if x < 0 else "on the right"
    if abs(y) > 0.3:
        return "at the top" if y < 0 else "at the bottom"
    return "in the center"
