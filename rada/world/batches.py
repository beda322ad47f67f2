"""Batches for pre-training: pictures, captions, and which caption fits which picture."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from rada.world.captions import caption, facts
from rada.world.corpus import Corpus
from rada.world.evaluate import normalise
from rada.world.focus import TOPICS, candidates, focus_caption
from rada.world.tokens import Vocabulary


@dataclass
class Settings:
    """Everything that decides the result."""

    pictures: int = 100_000
    steps: int = 4_000
    batch: int = 256
    focus: float = 0.75  # share of focus batches
    rate: float = 2e-3  # AdamW
    muon_rate: float = 4e-3  # Muon, for the matrices inside the blocks
    decay: float = 0.1
    warmup: int = 150
    threads: int = 2
    seed: int = 1
    corpus_seed: int = 123


class Batches:
    """Endless pictures with tokens and targets, some of them focus batches."""

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary, settings: Settings):
        self.corpus, self.vocabulary, self.settings = corpus, vocabulary, settings
        self.rng = random.Random(settings.seed)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.pools = {topic: candidates(corpus, topic) for topic in set(TOPICS)}
        self.queue = torch.tensor([], dtype=torch.long)

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (B, 3, 32, 32), tokens (B, L), and positives (B, B), rows summing to one."""
        topic = self.rng.choice(TOPICS) if self.rng.random() < self.settings.focus else None
        rows = self._rows(topic)
        pictures = self._augment(self.corpus.pictures[rows])
        seen = facts(self.corpus.scene[rows], self.corpus.style[rows])
        if topic is None:
            captions = [caption(fact, self.rng) for fact in seen]
            keys = [text.rstrip(".") for text in captions]
        else:
            captions, keys = zip(*(focus_caption(f, topic, self.rng) for f in seen), strict=True)
        numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        key = torch.tensor([numbers[k] for k in keys])
        same = (key[:, None] == key).float()
        return pictures, self.vocabulary.tokenize(list(captions)), same / same.sum(1, keepdim=True)

    def _rows(self, topic: str | None) -> Tensor:
        size = self.settings.batch
        if topic is not None:
            rows, weights = self.pools[topic]
            return rows[torch.multinomial(weights, size, generator=self.generator)]
        if len(self.queue) < size:
            self.queue = torch.randperm(len(self.corpus.pictures), generator=self.generator)
        rows, self.queue = self.queue[:size], self.queue[size:]
        return rows

    def _augment(self, pictures: Tensor) -> Tensor:
        shift = [self.rng.randint(-2, 2) for _ in range(2)]
        images = normalise(pictures.roll(shift, (2, 3)))
        n = len(images)
        gain = 1 + 0.1 * torch.randn(n, 1, 1, 1, generator=self.generator)
        return images * gain + 0.1 * torch.randn(n, 3, 1, 1, generator=self.generator)
