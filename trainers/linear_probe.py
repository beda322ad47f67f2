"""LinearProbe: a linear classifier over frozen features (Radford et al., arXiv 2103.00020)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier, normalize
from rada.encoders.class_linear import ClassLinear, LinearHead
from rada.engine.learned import Learned

from .zsclip import ZeroshotCLIP


@TRAINER_REGISTRY.register()
class LinearProbe(ZeroshotCLIP):
    """Learns a linear classifier over image features, from zero-shot CLIP's on.

    A class that it was not trained on keeps zero-shot CLIP's weights.
    """

    section = "LINEARPROBE"
    knows_trained_names_only = True
    settings = ZeroshotCLIP.settings

    def build_classifier(self, backbone: Backbone, classnames: list[str]) -> CLIPClassifier:
        """One row a class, which starts as its class features: from CLIP's own logits."""
        encoder = self.build_encoder(backbone, classnames)
        weight = normalize(encoder.encode_text(), "text")
        return CLIPClassifier(encoder, LinearHead(ClassLinear(backbone.dim, classnames, weight)))

    def learned(self) -> dict[str, Learned]:
        """The classifier, trained as OPTIM says."""
        return {"linear": Learned(self.model.head.linear, self.cfg.OPTIM)}
