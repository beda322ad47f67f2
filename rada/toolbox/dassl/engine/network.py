"""The classifier of a trainer that does not build its own."""

from torch import Tensor, nn
from yacs.config import CfgNode

from dassl.modeling import build_backbone, build_head


class SimpleNet(nn.Module):
    """Backbone, optional head, linear classifier.

    Args:
        model_cfg: the MODEL node.
        num_classes: 0 for no classifier.

    Attributes:
        fdim: width of the features.
    """

    def __init__(self, cfg: CfgNode, model_cfg: CfgNode, num_classes: int, **kwargs):
        super().__init__()
        self.backbone = build_backbone(
            model_cfg.BACKBONE.NAME,
            verbose=cfg.VERBOSE,
            pretrained=model_cfg.BACKBONE.PRETRAINED,
            **kwargs,
        )
        self.fdim = self.backbone.out_features
        self.head = None
        if model_cfg.HEAD.NAME and model_cfg.HEAD.HIDDEN_LAYERS:
            self.head = build_head(
                model_cfg.HEAD.NAME,
                verbose=cfg.VERBOSE,
                in_features=self.fdim,
                hidden_layers=model_cfg.HEAD.HIDDEN_LAYERS,
                activation=model_cfg.HEAD.ACTIVATION,
                bn=model_cfg.HEAD.BN,
                dropout=model_cfg.HEAD.DROPOUT,
                **kwargs,
            )
            self.fdim = self.head.out_features
        self.classifier = nn.Linear(self.fdim, num_classes) if num_classes > 0 else None

    def forward(self, x: Tensor, return_feature: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Logits (B, K), with return_feature also features (B, fdim); features if no classifier."""
        features = self.backbone(x)
        if self.head is not None:
            features = self.head(features)
        if self.classifier is None:
            return features
        logits = self.classifier(features)
        return (logits, features) if return_feature else logits
