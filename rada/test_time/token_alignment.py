"""Statistics of image tokens, and episodes that keep to them (PromptAlign, arXiv 2311.01459)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from rada.backbones.openai_clip import ImageEncoder
from rada.backbones.precision import at_least_float32
from rada.backbones.prompting import removed_afterwards, require_blocks, require_vision_blocks
from rada.classifier import CLIPClassifier
from rada.test_time.copies import Copies
from rada.test_time.episodes import Episode, Episodes


class TokenStatistics(NamedTuple):
    """Of the tokens that enter some blocks: mean and variance over images, (N, L, V) each, float32.

    L are the tokens of a picture: its class, patches and prompts.
    """

    mean: Tensor
    variance: Tensor


@contextmanager
def watched_blocks(tower: ImageEncoder, blocks: range) -> Iterator[list[Tensor]]:
    """A list that gets the tokens (L, B, V) that enter these blocks, in order, of the calls inside.

    Prompts that enter a block are among them.

    Raises:
        ValueError: if the tower is a ResNet or has no such block.
    """
    found: list[Tensor] = []
    with removed_afterwards([]) as handles:
        all_blocks = require_vision_blocks(tower)
        require_blocks(all_blocks, blocks.stop)
        for i in blocks:
            norm = all_blocks[i].ln_1  # the first to see a block's input once prompts are in it
            handles.append(norm.register_forward_pre_hook(lambda m, args: found.append(args[0])))
        yield found


def gather(batches: Iterator[list[Tensor]]) -> TokenStatistics:
    """Statistics over all images of at least one batch, summed in float64.

    Args:
        batches: for each batch the tokens (L, B, V) of N blocks.

    Raises:
        ValueError: if there is no image.
    """
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for entered in batches:
        tokens = torch.stack(entered).double()  # (N, L, B, V)
        count += tokens.shape[2]
        total, squares = total + tokens.sum(2), squares + tokens.square().sum(2)
    if not count:
        raise ValueError("there is no image to gather token statistics from; give at least one")
    mean = total / count
    return TokenStatistics(mean.float(), (squares / count - mean.square()).clamp(min=0).float())


class AlignedEpisodes(Episodes):
    """Episodes that also pull the statistics of the kept views towards those of a source.

    To an image's loss is added weight times the sum over blocks of half the mean |difference| of
    the means and half that of the variances, over tokens and their width.

    Args:
        classifier, tune, episode: as for `Episodes`; the prompts enter the image encoder.
        source: statistics to keep to.
        blocks: that they belong to.
        weight: of each block.

    Raises:
        ValueError: as for `Episodes`, or if there is no block.
    """

    def __init__(
        self,
        classifier: CLIPClassifier,
        tune: Collection[str],
        episode: Episode,
        source: TokenStatistics,
        blocks: range,
        weight: float,
    ):
        super().__init__(classifier, tune, episode)
        if not blocks:
            raise ValueError(f"{blocks} holds no block to align tokens in; give at least one")
        self.source, self.blocks, self.weight = source, blocks, weight

    def loss(self, copies: Copies, seen: Tensor, texts: Tensor) -> Tensor:
        """See `Episodes`."""
        visual = self.encoder.backbone.model.visual
        with watched_blocks(visual, self.blocks) as entered:
            loss = super().loss(copies, seen, texts)
        tokens = at_least_float32(torch.stack(entered))
        tokens = tokens.unflatten(2, seen.shape[:2])  # (N, L, E, v, V)
        mean = tokens.mean(3)
        variance = (tokens - mean[:, :, :, None]).square().mean(3)
        for found, wanted in zip((mean, variance), self.source, strict=True):
            gaps = (found - wanted[:, :, None]).abs()  # (N, L, E, V)
            loss = loss + self.weight / 2 * gaps.mean((1, 3)).sum()
        return loss
