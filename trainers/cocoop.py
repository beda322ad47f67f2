"""CoCoOp: context words that shift with the image (Zhou et al., arXiv 2203.05557)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.encoders.base import Encoder
from rada.encoders.prompts import ConditionalEncoder, ConditionalPromptLearner, words_of
from rada.engine.optim import Learned
from rada.engine.trainer import CLIPTrainer
from rada.settings import precision, text, text_prompts


@TRAINER_REGISTRY.register()
class CoCoOp(CLIPTrainer):
    """Learns context vectors and a small network that shifts them for each image."""

    section = "COCOOP"
    settings = {
        "N_CTX": text_prompts(16, "context vectors"),
        "CTX_INIT": text("", "words to start from; the number of their tokens replaces N_CTX"),
        "PREC": precision(),
    }

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Class names behind a context for each image."""
        n_ctx = None if words_of(self.own.CTX_INIT) else self.own.N_CTX
        learner = ConditionalPromptLearner(backbone, classnames, n_ctx, self.own.CTX_INIT)
        return ConditionalEncoder(backbone, learner)

    def learned(self) -> dict[str, Learned]:
        """The prompt learner with its network, trained as OPTIM says."""
        return {"prompt_learner": Learned(self.model.encoder.prompt_learner, self.cfg.OPTIM)}
