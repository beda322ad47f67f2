"""CoOp: learned context words (Zhou et al., "Learning to Prompt", arXiv 2109.01134)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.encoders.base import Encoder
from rada.encoders.prompts import PromptEncoder, PromptLearner, words_of
from rada.engine.optim import Learned
from rada.engine.trainer import CLIPTrainer
from rada.settings import choice, flag, precision, text, text_prompts


@TRAINER_REGISTRY.register()
class CoOp(CLIPTrainer):
    """Learns context vectors in the place of words before the class names."""

    section = "COOP"
    settings = {
        "N_CTX": text_prompts(16, "context vectors"),
        "CSC": flag(False, "class-specific contexts"),
        "CTX_INIT": text("", "words to start from; the number of their tokens replaces N_CTX"),
        "CLASS_TOKEN_POSITION": choice(
            "end", "where the class name stands", "end", "middle", "front"
        ),
        "PREC": precision(),
    }

    @property
    def learned_per_class(self) -> bool:
        """Class-specific contexts fit the classes they were trained on, no others."""
        return self.own.CSC and not words_of(self.own.CTX_INIT)

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Class names behind the learned context."""
        words = words_of(self.own.CTX_INIT)
        prompt_learner = PromptLearner(
            backbone,
            classnames,
            n_ctx=None if words else self.own.N_CTX,
            ctx_init=self.own.CTX_INIT,
            class_specific=self.own.CSC and not words,
            class_token_position=self.own.CLASS_TOKEN_POSITION,
        )
        return PromptEncoder(backbone, prompt_learner)

    def learned(self) -> dict[str, Learned]:
        """The prompt learner, trained as OPTIM says."""
        return {"prompt_learner": Learned(self.model.encoder.prompt_learner, self.cfg.OPTIM)}
