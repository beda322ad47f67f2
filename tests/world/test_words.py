"""Captions, tokens, and what pre-training may not see."""

import ast
import random
from pathlib import Path

import pytest
import torch

from rada.backbones.weights import import_clip
from rada.world import classes, handwriting, shapes
from rada.world.captions import caption, facts
from rada.world.corpus import STYLES, draw_corpus
from rada.world.focus import TOPICS, candidates, focus_caption
from rada.world.scene import DIGITS
from rada.world.tokens import LENGTH, Vocabulary, expand

WORLD = Path(__file__).parents[2] / "rada" / "world"


@pytest.fixture(scope="module")
def corpus():
    return draw_corpus(500, seed=2)


def test_captions_tell_the_truth_in_part(corpus):
    rng = random.Random(0)
    for fact in facts(corpus.scene, corpus.style):
        words = set(caption(fact, rng).rstrip(".").split())
        named = {n for n in shapes.NAMES if n in words or shapes.PLURALS[n] in words}
        assert named <= {fact.shape}
        assert words & set(STYLES[2:]) <= {fact.style}
        assert fact.digit in words or not fact.digit
        if fact.count > 1:
            assert words & {"two", "three", "four", "five"} <= {fact_number(fact)}


def fact_number(fact):
    return ["zero", "one", "two", "three", "four", "five"][fact.count]


def test_captions_speak_as_the_benchmark_does(corpus):
    rng = random.Random(0)
    spoken = {caption(f, rng).rstrip(".") for f in facts(corpus.scene, corpus.style) * 20}
    spoken = " ".join(spoken)
    for phrase in (
        "a photo of a herd of three",
        "a photo of a striped texture",
        "a photo of a red",
    ):
        assert phrase in spoken


@pytest.mark.parametrize("topic", sorted(set(TOPICS)))
def test_focus_captions_agree_with_their_key(topic, corpus):
    rng = random.Random(0)
    rows, weights = candidates(corpus, topic)
    assert len(rows) == len(weights) > 0 and weights.min() > 0
    keys = {}
    for fact in facts(corpus.scene[rows], corpus.style[rows]):
        text, key = focus_caption(fact, topic, rng)
        keys.setdefault(key, text)
        assert fact.style in ("photo", "sketch") or isinstance(text, str)
    assert len(keys) > 1


def test_digit_pictures_are_only_named_as_digits(corpus):
    rows = candidates(corpus, "shape")[0]
    assert (corpus.scene.figure[rows] < DIGITS).all()


def test_compact_tokens_are_the_stock_tokens(corpus):
    vocabulary, rng = Vocabulary(), random.Random(0)
    texts = [caption(fact, rng) for fact in facts(corpus.scene, corpus.style)]
    texts += [f"a photo of a {name}." for names in classes.CLASSNAMES.values() for name in names]
    texts += [f"a photo of a {name}." for name in handwriting.CLASSNAMES]
    compact = vocabulary.tokenize(texts)
    stock = import_clip().tokenize(texts)
    assert torch.equal(vocabulary.stock[compact], stock[:, : compact.shape[1]].long())
    assert not stock[:, compact.shape[1] :].any() and compact.shape[1] <= LENGTH


def test_unknown_words_are_named():
    with pytest.raises(ValueError, match="zebra"):
        Vocabulary().tokenize(["a photo of a zebra."])


def test_expanded_table_keeps_rows_in_their_places():
    vocabulary = Vocabulary()
    table = torch.randn(len(vocabulary), 4, generator=torch.Generator().manual_seed(0))
    full = expand(table, vocabulary)
    assert full.shape == (49408, 4)
    assert torch.equal(full[vocabulary.stock], table)
    unseen = next(i for i in range(1000) if i not in vocabulary.stock)
    assert torch.allclose(full[unseen], table.mean(0))


def test_pretraining_never_reaches_real_digits_nor_the_sets():
    reached, front = set(), ["pretrain"]
    while front:
        module = front.pop()
        if module not in reached and (WORLD / f"{module}.py").exists():
            reached.add(module)
            front += imported(WORLD / f"{module}.py")
    assert "corpus" in reached and "glyphs" in reached
    assert not reached & {"sets", "classes", "handwriting", "folders", "measure"}
    for module in reached:
        assert "sklearn" not in (WORLD / f"{module}.py").read_text()


def imported(path):
    """Names of the modules of `rada.world` that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("rada.world."):
            yield from [*node.module.split(".")[2:], *(alias.name for alias in node.names)]
