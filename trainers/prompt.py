"""Prompt: IVLP whose class features are averaged with a template ensemble's.

The baseline of the paper's "RAda + Prompt" (arXiv 2507.15480).
"""

from torch import Tensor

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.backbones.templates import IMAGENET, encode_ensemble
from rada.encoders.encoders import Encoder, PromptEncoder

from .ivlp import IVLP


class EnsembledPromptEncoder(PromptEncoder):
    """Class features: the mean of the prompted ones and frozen ones (K, D), before normalising."""

    def __init__(self, encoder: PromptEncoder, frozen_features: Tensor):
        super().__init__(encoder.backbone, encoder.prompt_learner)
        self.register_buffer("frozen_features", frozen_features, persistent=False)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        return (at_least_float32(super().encode_text()) + self.frozen_features) / 2


@TRAINER_REGISTRY.register()
class Prompt(IVLP):
    """Learns IVLP's prompts; class features are averaged with a template ensemble's."""

    section = "PROMPT"
    settings = IVLP.settings

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """IVLP's, averaged with CLIP's eighty templates for ImageNet."""
        encoder = super().build_encoder(backbone, classnames)
        frozen = encode_ensemble(backbone, classnames, IMAGENET, normalise=False)
        return EnsembledPromptEncoder(encoder, frozen)
