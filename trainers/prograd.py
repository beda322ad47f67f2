"""ProGrad: gradients that do not contradict zero-shot CLIP (Zhu et al., arXiv 2205.14865)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import encode_template
from rada.classifier import Output, normalize
from rada.encoders.base import Encoder
from rada.engine.texts import own_template
from rada.settings import number, template

from .coop import CoOp


@TRAINER_REGISTRY.register()
class ProGrad(CoOp):
    """Learns CoOp's context; what would leave zero-shot CLIP is cut from its gradient."""

    section = "PROGRAD"
    settings = CoOp.settings | {
        "LAMBDA": number(1.0, "share of the conflicting component that is cut", least=0),
        "T": number(1.0, "temperature of the distillation from zero-shot CLIP", above=0),
        "TEMPLATE": template("", "sentence of zero-shot CLIP; empty: the dataset's own"),
    }
    training_only = {"LAMBDA", "T", "TEMPLATE"}
    batch_divides = False

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """CoOp's, and zero-shot CLIP's class features."""
        known = encode_template(backbone, classnames, own_template(self))
        self.known_features = normalize(known, "text")
        return super().build_encoder(backbone, classnames)

    def distillation(self, output: Output) -> Tensor:
        """T^2 times the cross-entropy of the logits with zero-shot CLIP's probabilities at T."""
        scale, t = self.model.encoder.backbone.logit_scale, self.own.T
        with torch.no_grad():
            zero_shot = (scale * output.image_features @ self.known_features.t() / t).softmax(-1)
        return t * t * F.cross_entropy(output.logits / t, zero_shot)

    def backward(self, output: Output, images: Tensor, labels: Tensor, share: float = 1.0) -> float:
        """The loss's gradient less its component against the distillation's, tensor by tensor."""
        learned = [p for module in self._models.values() for p in module.parameters()]
        general = torch.autograd.grad(
            self.scaler.scale(self.distillation(output)),
            learned,
            retain_graph=True,
            allow_unused=True,
        )
        loss = super().backward(output, images, labels, share)
        for parameter, direction in zip(learned, general, strict=True):
            if parameter.grad is not None and direction is not None:
                parameter.grad = without_conflict(parameter.grad, direction, self.own.LAMBDA)
        return loss


def without_conflict(gradient: Tensor, direction: Tensor, share: float = 1.0) -> Tensor:
    """The gradient, less a share of its component along a direction if they disagree.

    Equation 4 of the paper; both (...), a direction of zero changes nothing.
    """
    unit = F.normalize(direction.flatten(), dim=0)
    along = torch.dot(gradient.flatten(), unit).clamp(max=0)
    return gradient - share * along * unit.view_as(gradient)
