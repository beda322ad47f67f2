"""CoOp: learned context vectors in front of the class name (Zhou et al., arXiv 2109.01134)."""

from dassl.engine import TRAINER_REGISTRY
from dassl.utils import load_pretrained_weights
from models.backbone import Backbone
from models.encoders import CoOpEncoder, Encoder, PromptLearner
from trainers.base import CLIPTrainer
from trainers.learned import Learned


@TRAINER_REGISTRY.register()
class CoOp(CLIPTrainer):
    """Learns `prompt_learner.ctx`, nothing else."""

    section = "COOP"
    settings = {
        "COOP": {
            "N_CTX": 16,  # number of context vectors
            "CSC": False,  # class-specific contexts
            "CTX_INIT": "",  # words to start from; their number replaces N_CTX
            "CLASS_TOKEN_POSITION": "end",  # end, middle or front
            "PREC": "fp32",  # fp32, fp16, bf16, amp
        }
    }

    @property
    def learned_per_class(self) -> bool:
        """Class-specific contexts fit the classes they were trained on, no others."""
        return self.cfg.TRAINER.COOP.CSC

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Class names behind the learned context."""
        settings = self.cfg.TRAINER.COOP
        prompt_learner = PromptLearner(
            backbone,
            classnames,
            n_ctx=settings.N_CTX,
            ctx_init=settings.CTX_INIT,
            class_specific=settings.CSC,
            class_token_position=settings.CLASS_TOKEN_POSITION,
        )
        print("Turning off gradients in both the image and the text encoder")
        if self.cfg.MODEL.INIT_WEIGHTS:
            load_pretrained_weights(prompt_learner, self.cfg.MODEL.INIT_WEIGHTS)
        return CoOpEncoder(backbone, prompt_learner)

    def learned(self) -> dict[str, Learned]:
        """The prompt learner, trained as OPTIM says."""
        return {"prompt_learner": Learned(self.model.encoder.prompt_learner, self.cfg.OPTIM)}
