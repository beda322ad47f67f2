"""DePT: a linear classifier beside the head keeps what is special to the base classes.

Zhang et al., "DePT: Decoupled Prompt Tuning", arXiv 2309.07439.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rada.backbones.precision import at_least_float32
from rada.classifier import CLIPClassifier
from rada.encoders.base import Encoder
from rada.encoders.class_linear import ClassLinear


class ChannelwiseTransform(nn.Module):
    """`scale * x + shift` for features (..., D); starts as the identity."""

    def __init__(self, dim: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))
        self.shift = nn.Parameter(torch.zeros(dim))

    def forward(self, features: Tensor) -> Tensor:
        """Features (..., D) in float32."""
        return self.scale * at_least_float32(features) + self.shift


class DecoupledLinear(nn.Module):
    """A linear classifier (D to K) over images and texts, each channelwise transformed first.

    Features are as they come from the encoder, not normalised.
    """

    def __init__(self, dim: int, classnames: Sequence[str]):
        super().__init__()
        self.image = ChannelwiseTransform(dim)
        self.text = ChannelwiseTransform(dim)
        self.linear = ClassLinear(dim, classnames)

    def forward(self, image_features: Tensor) -> Tensor:
        """Logits (B, K) of image features (B, D)."""
        return self.linear(self.image(image_features))

    def of_texts(self, text_features: Tensor) -> Tensor:
        """Logits (B, K) of text features (B, D)."""
        return self.linear(self.text(text_features))


class DecoupledOutput(NamedTuple):
    """`rada.classifier.Output`, whose logits are fused, and the parts of the fusion."""

    logits: Tensor
    penalty: Tensor
    image_features: Tensor
    text_features: Tensor
    head_logits: Tensor
    linear_logits: Tensor
    encoded_text: Tensor  # text features as encoded, (K, D)


class DecoupledClassifier(CLIPClassifier):
    """Fuses the logits of a head and a linear classifier.

    `(1 - weight) * head + weight * linear` where every class was trained; else the head's alone.

    Args:
        encoder: gives features.
        head: a cosine, or RAda's.
        linear: the classifier beside it.
        weight: of the linear classifier, from 0 to 1.
    """

    def __init__(self, encoder: Encoder, head: nn.Module, linear: DecoupledLinear, weight: float):
        super().__init__(encoder, head)
        self.linear, self.weight = linear, weight

    # what reads an Output reads this one, too: it has the same fields, and more behind them
    def forward(self, images: Tensor) -> DecoupledOutput:  # type: ignore[override]
        """Fused logits (B, K), penalty, features and the parts of the fusion."""
        image_features = self.encoder.encode_image(images)
        text_features = self.encode_text(image_features)
        output = self.decide(image_features, text_features)
        linear, logits = self.linear(image_features), output.logits
        if self.linear.linear.all_trained:
            logits = (1 - self.weight) * logits + self.weight * linear
        return DecoupledOutput(logits, *output[1:], output.logits, linear, text_features)
