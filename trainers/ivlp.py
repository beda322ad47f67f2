"""IVLP: independent prompts in both encoders (Rasheed et al., arXiv 2212.03640)."""

from torch import Tensor

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.backbones.templates import IMAGENET, encode_ensemble
from rada.encoders.base import Encoder
from rada.encoders.prompts import IndependentPrompts, PromptEncoder
from rada.engine.optim import Learned
from rada.engine.texts import require_depth
from rada.engine.trainer import CLIPTrainer
from rada.settings import precision, text, text_prompts, whole


@TRAINER_REGISTRY.register()
class IVLP(CLIPTrainer):
    """Learns prompts in the first blocks of both encoders, each its own."""

    section = "IVLP"
    settings = {
        "N_CTX_VISION": whole(2, "image prompts a block", least=0, most=1000),
        "N_CTX_TEXT": text_prompts(2, "text prompts a block"),
        "CTX_INIT": text("a photo of a", "words the first text prompts start from, if 4 or fewer"),
        "PROMPT_DEPTH_VISION": whole(9, "blocks with image prompts; 0: none", least=0, most=1000),
        "PROMPT_DEPTH_TEXT": whole(9, "blocks with text prompts", least=1, most=1000),
        "PREC": precision(),
    }

    counts_blocks = ("PROMPT_DEPTH_VISION", "PROMPT_DEPTH_TEXT")

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Prompts in both encoders."""
        own = self.own
        image_depth = require_depth(self, "PROMPT_DEPTH_VISION", backbone.vision_blocks, "vision")
        text_depth = require_depth(self, "PROMPT_DEPTH_TEXT", backbone.text_blocks, "text")
        if image_depth and own.N_CTX_VISION < 1:
            raise ValueError(
                f"TRAINER.{self.section}.N_CTX_VISION must be 1 or more, got {own.N_CTX_VISION}; "
                "for no image prompts set PROMPT_DEPTH_VISION 0"
            )
        words = own.CTX_INIT if own.N_CTX_TEXT <= 4 else ""
        learner = IndependentPrompts(
            *(backbone, classnames, own.N_CTX_TEXT, words, text_depth),
            *(own.N_CTX_VISION, image_depth),
        )
        return PromptEncoder(backbone, learner)

    def learned(self) -> dict[str, Learned]:
        """The prompts, trained as OPTIM says."""
        return {"prompt_learner": Learned(self.model.encoder.prompt_learner, self.cfg.OPTIM)}


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
    """Learns IVLP's prompts; class features are averaged with a template ensemble's.

    The baseline of the paper's "RAda + Prompt" (arXiv 2507.15480).
    """

    section = "PROMPT"
    settings = IVLP.settings

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """IVLP's, averaged with CLIP's eighty templates for ImageNet."""
        encoder = super().build_encoder(backbone, classnames)
        frozen = encode_ensemble(backbone, classnames, IMAGENET, normalise=False)
        return EnsembledPromptEncoder(encoder, frozen)
