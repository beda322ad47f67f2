"""Activation checkpointing of an unmodified CLIP: memory for one more forward pass.

Chen et al., arXiv 1604.06174, by `torch.utils.checkpoint`. What a block made on its way is thrown
away and computed again in the backward pass; hooks around the block run once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from rada.backbones.openai_clip import Tower


def blocks_of(encoder: Tower) -> list[nn.Module]:
    """The blocks of a transformer, image or text encoder, or of a ResNet.

    Args:
        encoder: `model` or `model.visual` of OpenAI's CLIP.
    """
    if hasattr(encoder, "transformer"):
        return list(encoder.transformer.resblocks)
    layers = (encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4)
    return [block for layer in layers for block in layer]


@contextmanager
def recomputed(blocks: Sequence[nn.Module]) -> Iterator[None]:
    """Inside, calls of these blocks keep their input only; without gradients nothing changes."""
    for block in blocks:  # on the instance, where it hides the class's own
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward
