"""KgCoOp: CoOp held near hand-written prompts (Yao et al., arXiv 2303.13283)."""

import torch
from torch import Tensor

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import encode_template
from rada.classifier import Output, normalize
from rada.encoders.base import Encoder
from rada.engine.texts import own_template
from rada.settings import number, template

from .coop import CoOp


@TRAINER_REGISTRY.register()
class KgCoOp(CoOp):
    """Learns CoOp's context; class features stay near those of the dataset's template."""

    section = "KGCOOP"
    settings = CoOp.settings | {
        "W": number(8.0, "weight of the distance to the template's class features", least=0),
        "TEMPLATE": template("", "sentence for class names; empty: the dataset's own"),
    }
    training_only = {"W", "TEMPLATE"}

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """CoOp's, and the class features to stay near."""
        known = encode_template(backbone, classnames, own_template(self))
        self.known_features = normalize(known, "text")
        return super().build_encoder(backbone, classnames)

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """CoOp's plus W times 1 - the mean cosine of learned and known class features."""
        cosine = torch.cosine_similarity(output.text_features, self.known_features, dim=-1)
        return super().criterion(output, images, labels) + self.own.W * (1 - cosine.mean())
