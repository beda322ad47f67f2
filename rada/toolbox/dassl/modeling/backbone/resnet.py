"""torchvision's ResNets without their classifier."""

from torch import Tensor, nn

from dassl.modeling.backbone.backbone import Backbone
from dassl.modeling.backbone.build import BACKBONE_REGISTRY


class ResNet(Backbone):
    """A ResNet of torchvision.

    Args:
        name: such as "resnet18".
        pretrained: download torchvision's ImageNet weights.
    """

    def __init__(self, name: str, pretrained: bool):
        from torchvision import models

        super().__init__()
        self.net = models.get_model(name, weights="IMAGENET1K_V1" if pretrained else None)
        self._out_features = self.net.fc.in_features
        self.net.fc = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, out_features)."""
        return self.net(x)


@BACKBONE_REGISTRY.register()
def resnet18(pretrained: bool = True, **kwargs) -> ResNet:
    """512 features."""
    return ResNet("resnet18", pretrained)


@BACKBONE_REGISTRY.register()
def resnet34(pretrained: bool = True, **kwargs) -> ResNet:
    """512 features."""
    return ResNet("resnet34", pretrained)


@BACKBONE_REGISTRY.register()
def resnet50(pretrained: bool = True, **kwargs) -> ResNet:
    """2048 features."""
    return ResNet("resnet50", pretrained)


@BACKBONE_REGISTRY.register()
def resnet101(pretrained: bool = True, **kwargs) -> ResNet:
    """2048 features."""
    return ResNet("resnet101", pretrained)


@BACKBONE_REGISTRY.register()
def resnet152(pretrained: bool = True, **kwargs) -> ResNet:
    """2048 features."""
    return ResNet("resnet152", pretrained)
