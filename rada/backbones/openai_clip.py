"""What is read of OpenAI's CLIP, declared for the type checker: its package has no types.

None of these classes is ever instantiated; `clip.model` builds the model that looks like them.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn


class Block(nn.Module):
    """A residual attention block."""

    ln_1: nn.LayerNorm


class Transformer(nn.Module):
    """The blocks of one encoder."""

    width: int
    resblocks: Sequence[Block]  # an nn.Sequential


class Tower(nn.Module):
    """An encoder: with a transformer, or with the layers of a ResNet in its place."""

    transformer: Transformer
    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential


class ImageEncoder(Tower):
    """The image encoder; a ResNet has neither `ln_pre` nor `proj`."""

    input_resolution: int
    ln_pre: nn.LayerNorm
    proj: nn.Parameter


class CLIP(Tower):
    """The whole model, itself the text encoder."""

    visual: ImageEncoder
    token_embedding: nn.Embedding
    positional_embedding: nn.Parameter
    ln_final: nn.LayerNorm
    text_projection: nn.Parameter
    logit_scale: nn.Parameter
    encode_image: Callable[[Tensor], Tensor]
    encode_text: Callable[[Tensor], Tensor]
