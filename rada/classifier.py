"""image -> features -> head -> logits: what every trainer trains and tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rada.backbones.precision import at_least_float32
from rada.encoders.base import Encoder, SentenceEncoder


class Output(NamedTuple):
    """What a classifier gives: logits (B, K), the head's penalty, a scalar, and on what.

    image_features (B, D) and text_features (K, D) or (B, K, D) are float32 and L2-normalised.
    """

    logits: Tensor
    penalty: Tensor
    image_features: Tensor
    text_features: Tensor


class CLIPClassifier(nn.Module):
    """Composes an encoder and a head; features are float32 and L2-normalised between them."""

    def __init__(self, encoder: Encoder, head: nn.Module):
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.register_buffer("groups", None, persistent=False)
        self._text_features: Tensor | None = None

    def forward(self, images: Tensor) -> Output:
        """Logits (B, K), penalty and features for images (B, 3, size, size).

        Raises:
            ValueError: if a feature vector is zero or not finite.
        """
        image_features = self.encoder.encode_image(images)
        return self.decide(image_features, self.encode_text(image_features))

    def encode_text(self, image_features: Tensor) -> Tensor:
        """Class features (K, D) or (B, K, D) beside image features (B, D), all as encoded."""
        if self._text_features is not None:
            return self._text_features
        if self.encoder.text_depends_on_image:
            return self.encoder.encode_text(normalize(image_features, "image"))
        return self.encoder.encode_text()

    def decide(self, image_features: Tensor, text_features: Tensor) -> Output:
        """The output for features as encoded: (B, D), and (K, D) or (B, K, D)."""
        image_features = normalize(image_features, "image")
        text_features = normalize(text_features, "text")
        scale = self.encoder.backbone.logit_scale
        logits, penalty = self.head(image_features, text_features, scale)
        return Output(self.joined(logits), penalty, image_features, text_features)

    def join(self, groups: Tensor | None) -> None:
        """Let a class's logit be the largest of its rows'.

        Args:
            groups: (R,), the class of each class name that the encoder has; None: its own.
        """
        self.groups = groups

    def joined(self, rows: Tensor) -> Tensor:
        """Logits (B, K) of those of the rows, (B, R)."""
        if self.groups is None:
            return rows
        least = rows.new_full((len(rows), int(self.groups.max()) + 1), -torch.inf)
        return least.scatter_reduce(1, self.groups.expand_as(rows), rows, "amax")

    @contextmanager
    def classes_encoded_once(self) -> Iterator[None]:
        """Inside, class features are those of now: for tests, where no parameter moves."""
        if not self.encoder.text_depends_on_image:
            self._text_features = self.encoder.encode_text()
        try:
            yield
        finally:
            self._text_features = None


class CaptionClassifier(CLIPClassifier):
    """One that also tells which of some captions belongs to an image."""

    encoder: SentenceEncoder

    def forward(self, images: Tensor, captions: Tensor | None = None) -> Output:
        """The output for images (B, 3, size, size).

        Args:
            images: B pictures.
            captions: tokens (n, L) of sentences that stand in place of the classes' own.
        """
        if captions is None:
            return super().forward(images)
        image_features = self.encoder.encode_image(images)
        return self.decide(image_features, self.encoder.encode_tokens(captions))


class NotFinite(ValueError):
    """Features hold NaN or infinity."""


def normalize(features: Tensor, kind: str) -> Tensor:
    """Features (..., D) in float32, each divided by its L2 norm.

    Raises:
        ValueError: naming the kind and the index of a vector that is zero or not finite.
    """
    features = at_least_float32(features)
    norm = features.norm(dim=-1, keepdim=True)
    bad = ~(norm.isfinite() & (norm > 0))
    if bad.any():
        index = bad.flatten().nonzero()[0].item()
        zero = norm.flatten()[index] == 0
        what, kind_of_error = ("zero", ValueError) if zero else ("not finite", NotFinite)
        raise kind_of_error(f"{kind} feature {index} is {what}; try PREC fp32, or check the input")
    return features / norm
