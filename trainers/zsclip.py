"""ZeroshotCLIP: CLIP with hand-written prompts (Radford et al., arXiv 2103.00020)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import IMAGENET, IMAGENET_SELECT, encode_ensemble
from rada.class_names import spoken
from rada.classifier import CLIPClassifier, normalize
from rada.encoders.base import Encoder, FrozenEncoder
from rada.encoders.class_linear import ClassLinear, LinearHead
from rada.engine.optim import Learned
from rada.engine.texts import own_template
from rada.engine.trainer import CLIPTrainer
from rada.settings import choice, precision, template

ENSEMBLES = {"": (), "select": IMAGENET_SELECT, "imagenet": IMAGENET}


@TRAINER_REGISTRY.register()
class ZeroshotCLIP(CLIPTrainer):
    """Learns nothing: CLIP's own class features of one template, or of an ensemble."""

    section = "ZEROSHOTCLIP"
    settings = {
        "TEMPLATE": template("", "sentence for class names; empty: the dataset's own"),
        # more templates, averaged: "select" (the best seven of CLIP's for ImageNet, as CoOp's
        # ZeroshotCLIP2 has them) or "imagenet" (all eighty)
        "ENSEMBLE": choice("", "more templates, averaged; empty: none", "", "select", "imagenet"),
        "PREC": precision(),
    }

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Frozen class features."""
        templates = self.templates()
        if len(templates) == 1:
            print(f"Prompts: {[templates[0].format(spoken(name)) for name in classnames]}")
        else:
            print(f"Prompt ensembling (n={len(templates)})")
        return FrozenEncoder(backbone, encode_ensemble(backbone, classnames, templates))

    def templates(self) -> list[str]:
        """The sentences of the setting.

        Raises:
            ValueError: for a template without {}.
        """
        ensemble, template = self.own.ENSEMBLE, own_template(self)
        templates = [*ENSEMBLES[ensemble]]
        if template not in templates:
            templates.append(template)
        return templates


@TRAINER_REGISTRY.register()
class LinearProbe(ZeroshotCLIP):
    """Learns a linear classifier over image features, from zero-shot CLIP's on.

    Radford et al., arXiv 2103.00020. A class that it was not trained on keeps zero-shot CLIP's
    weights.
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
