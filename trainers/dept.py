"""DePT: prompts apart from what is special to base classes (Zhang et al., arXiv 2309.07439)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier
from rada.decoupled import DecoupledClassifier, DecoupledLinear, DecoupledOutput
from rada.engine.optim import Learned, with_epochs
from rada.settings import own_optim, share

from .coop import CoOp
from .maple import MaPLe


class WithDePT:
    """Mixin: a linear classifier learns beside a trainer's prompts, and they decide together."""

    nodes = {
        "DEPT": {
            "WEIGHT": share(0.7, "of the linear classifier, in the loss and at test"),
            # 6.5 times the prompts' rate
            "OPTIM": own_optim(
                NAME="sgd",
                LR=0.02275,
                LR_SCHEDULER="cosine",
                WARMUP_EPOCH=1,
                WARMUP_TYPE="constant",
                WARMUP_CONS_LR=1e-5,
            ),
        }
    }

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """The baseline's encoder and head, and the linear classifier beside them."""
        weight = self.cfg.TRAINER.DEPT.WEIGHT
        encoder = self.build_encoder(backbone, classnames)
        linear = DecoupledLinear(backbone.dim, classnames)
        return DecoupledClassifier(encoder, self.build_head(encoder), linear, weight)

    def learned(self) -> dict[str, Learned]:
        """The baseline's modules and the linear classifier."""
        optim = with_epochs(self.cfg.TRAINER.DEPT.OPTIM, self.cfg.OPTIM.MAX_EPOCH)
        return {**super().learned(), "linear": Learned(self.model.linear, optim)}

    def criterion(self, output: DecoupledOutput, images: Tensor, labels: Tensor) -> Tensor:
        """(1 - WEIGHT) times the baseline's loss, WEIGHT times that of the linear classifier.

        The latter learns from the images and the texts of their classes alike.
        """
        baseline = super().criterion(output._replace(logits=output.head_logits), images, labels)
        texts = self.model.linear.of_texts(output.encoded_text[labels])
        linear = torch.cat([texts, output.linear_logits])
        weight = self.cfg.TRAINER.DEPT.WEIGHT
        return (1 - weight) * baseline + weight * F.cross_entropy(linear, labels.repeat(2))


@TRAINER_REGISTRY.register()
class DePTCoOp(WithDePT, CoOp):
    """Learns CoOp's context and, for the base classes only, a linear classifier."""


@TRAINER_REGISTRY.register()
class DePTMaPLe(WithDePT, MaPLe):
    """Learns MaPLe's prompts and, for the base classes only, a linear classifier."""
