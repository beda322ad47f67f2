"""IVLP: independent prompts in both encoders (Rasheed et al., arXiv 2212.03640)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.encoders.deep_prompts import IndependentPrompts
from rada.encoders.encoders import Encoder, PromptEncoder
from rada.engine.base import CLIPTrainer
from rada.engine.learned import Learned
from rada.engine.texts import require_depth


@TRAINER_REGISTRY.register()
class IVLP(CLIPTrainer):
    """Learns prompts in the first blocks of both encoders, each its own."""

    section = "IVLP"
    settings = {
        "N_CTX_VISION": 2,  # image prompts a block
        "N_CTX_TEXT": 2,  # text prompts a block
        "CTX_INIT": "a photo of a",  # words the first text prompts start from, if 4 or fewer
        "PROMPT_DEPTH_VISION": 9,  # blocks with image prompts; 0: none
        "PROMPT_DEPTH_TEXT": 9,  # blocks with text prompts
        "PREC": "fp32",
    }

    counts_blocks = ("PROMPT_DEPTH_VISION", "PROMPT_DEPTH_TEXT")

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Prompts in both encoders."""
        own = self.own
        image_depth = require_depth(
            self, "PROMPT_DEPTH_VISION", 0, backbone.vision_blocks, "vision"
        )
        text_depth = require_depth(self, "PROMPT_DEPTH_TEXT", 1, backbone.text_blocks, "text")
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
