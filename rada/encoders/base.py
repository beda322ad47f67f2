"""What stands before the head: an encoder turns images into image and class features.

An encoder is a module with `encode_image(images) -> (B, D)` and `encode_text(image_features) ->
(K, D)`, or (B, K, D) if its class features depend on the image; neither normalises.
`text_depends_on_image` says which.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.backbones.templates import tokenize_classes


class Encoder(nn.Module):
    """Frozen image encoder; a subclass says where class features come from."""

    text_depends_on_image = False

    def __init__(self, backbone: Backbone):
        super().__init__()
        self.backbone = backbone

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D)."""
        return self.backbone.encode_image(images)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D), or (B, K, D).

        Args:
            image_features: (B, D), L2-normalised; read only if text_depends_on_image.
        """
        raise NotImplementedError


class FrozenEncoder(Encoder):
    """CLIP as it is: class features (K, D) that never change, such as those of templates."""

    text_features: Tensor

    def __init__(self, backbone: Backbone, text_features: Tensor):
        super().__init__(backbone)
        self.register_buffer("text_features", text_features, persistent=False)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        return self.text_features


class SentenceEncoder(Encoder):
    """CLIP, and sentences about each class, encoded whenever they are asked for.

    Args:
        backbone: whose encoders may be trained.
        classnames: K names.
        templates: T sentences with one {}.
    """

    sentences: Tensor

    def __init__(self, backbone: Backbone, classnames: Sequence[str], templates: Sequence[str]):
        super().__init__(backbone)
        tokens = [tokenize_classes(backbone, classnames, template) for template in templates]
        self.register_buffer("sentences", torch.stack(tokens), persistent=False)  # (T, K, L)
        self.said: Tensor | None = None  # (K, L): one sentence a class in place of all

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D): the mean of all sentences', each divided by its length first."""
        if self.said is not None:
            return self.encode_tokens(self.said)
        if len(self.sentences) == 1:
            return self.encode_tokens(self.sentences[0])
        mean = torch.zeros(())
        for tokens in self.sentences:
            features = at_least_float32(self.encode_tokens(tokens))
            mean = mean + features / features.norm(dim=-1, keepdim=True) / len(self.sentences)
        return mean

    def encode_tokens(self, tokens: Tensor) -> Tensor:
        """Features (n, D) of tokens (n, L)."""
        return self.backbone.encode_text(tokens)

    def say(self, choice: Tensor | None) -> None:
        """Let one sentence speak for each class: template choice[k], (K,); None: all of them."""
        classes = torch.arange(self.sentences.shape[1])
        self.said = None if choice is None else self.sentences[choice, classes]
