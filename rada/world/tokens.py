"""The stock tokenizer on a vocabulary of the words that captions use.

CLIP's table has 49,408 rows; captions need fewer than 200. Pre-training sees only those rows, and
`expand` puts them back into their places.
"""

import torch
from torch import Tensor

from rada.backbones.weights import import_clip
from rada.world.words import WORDS

START, END = 49406, 49407
ROWS = 49408  # tokens of the stock tokenizer
POSITIONS = 77  # tokens per text in every published CLIP
LENGTH = 28  # room for the longest caption


class Vocabulary:
    """Maps captions to compact token ids, 0 .. len - 1, in the order of the stock ids.

    Attributes:
        stock: the stock id of every compact one, (len,); the first is 0, the padding.
    """

    def __init__(self):
        encode = import_clip().clip._tokenizer.encode
        self._words = {word: encode(word) for word in WORDS}
        used = {0, START, END}.union(*self._words.values())
        self.stock = torch.tensor(sorted(used))
        self._compact = {stock: i for i, stock in enumerate(self.stock.tolist())}

    def __len__(self) -> int:
        return len(self.stock)

    def tokenize(self, captions: list[str]) -> Tensor:
        """Compact ids (N, L), zero-padded, L the longest caption here.

        Raises:
            ValueError: if a caption has a word that is not in WORDS, or too many of them.
        """
        rows = [self._ids(caption) for caption in captions]
        length = max(map(len, rows))
        return torch.tensor([row + [0] * (length - len(row)) for row in rows])

    def _ids(self, caption: str) -> list[int]:
        words = caption.replace(".", " .").split()
        unknown = set(words) - set(self._words)
        if unknown:
            raise ValueError(f"no caption uses {sorted(unknown)}; add them to words.WORDS")
        ids = [START, *(token for word in words for token in self._words[word]), END]
        if len(ids) > LENGTH:
            raise ValueError(f"{len(ids)} tokens, at most {LENGTH}: {caption}")
        return [self._compact[stock] for stock in ids]


def expand(table: Tensor, vocabulary: Vocabulary) -> Tensor:
    """The full token table (49408, W); words never seen get the mean of those seen."""
    full = table.mean(0, keepdim=True).repeat(ROWS, 1)
    full[vocabulary.stock] = table
    return full
