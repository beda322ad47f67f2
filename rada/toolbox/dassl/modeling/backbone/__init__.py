"""Networks from pictures to features."""

from dassl.modeling.backbone.backbone import Backbone
from dassl.modeling.backbone.build import BACKBONE_REGISTRY, build_backbone
from dassl.modeling.backbone.resnet import resnet18, resnet34, resnet50, resnet101, resnet152

__all__ = [
    "BACKBONE_REGISTRY",
    "Backbone",
    "build_backbone",
    "resnet101",
    "resnet152",
    "resnet18",
    "resnet34",
    "resnet50",
]
