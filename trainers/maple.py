"""MaPLe: coupled prompts in both encoders (Khattak et al., arXiv 2210.03117)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.encoders.base import Encoder
from rada.encoders.prompts import CoupledPrompts, PromptEncoder
from rada.engine.optim import Learned
from rada.engine.texts import require_depth
from rada.engine.trainer import CLIPTrainer
from rada.settings import precision, text, text_prompts, whole


@TRAINER_REGISTRY.register()
class MaPLe(CLIPTrainer):
    """Learns text prompts in the first blocks and what makes image prompts of them."""

    section = "MAPLE"
    settings = {
        "N_CTX": text_prompts(2, "prompts a block"),
        "CTX_INIT": text(
            "a photo of a", "words the first block's start from, if N_CTX is 4 or less"
        ),
        "PROMPT_DEPTH": whole(9, "blocks with prompts, from the first", least=1, most=1000),
        "PREC": precision(),
    }

    counts_blocks = ("PROMPT_DEPTH",)

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Prompts in both encoders."""
        for encoder in ("vision", "text"):
            blocks = getattr(backbone, f"{encoder}_blocks")
            depth = require_depth(self, "PROMPT_DEPTH", blocks, encoder)
        own = self.own
        words = own.CTX_INIT if own.N_CTX <= 4 else ""
        learner = CoupledPrompts(backbone, classnames, own.N_CTX, words, depth)
        return PromptEncoder(backbone, learner)

    def learned(self) -> dict[str, Learned]:
        """Prompts and projections, trained as OPTIM says."""
        return {"prompt_learner": Learned(self.model.encoder.prompt_learner, self.cfg.OPTIM)}
