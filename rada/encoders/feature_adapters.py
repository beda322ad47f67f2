"""Adapters of features, behind the encoders (CLIP-Adapter: Gao et al., arXiv 2110.04544)."""

from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.encoders.encoders import FrozenEncoder


class FeatureAdapter(nn.Module):
    """Bottleneck A over features: `keep * x + ratio * A(x)`.

    Args:
        dim: D.
        reduction: the bottleneck has D / reduction units.
        ratio: weight of what the bottleneck makes of x.
        keep: weight of x.
        last_relu: A ends in a ReLU, as CLIP-Adapter's does.
        zero: A starts as zero, so the features start as keep * x. Not with last_relu: a ReLU at
            zero passes no gradient, and A would stay zero.
    """

    def __init__(
        self,
        dim: int,
        ratio: float,
        keep: float,
        reduction: int = 4,
        last_relu: bool = True,
        zero: bool = False,
    ):
        super().__init__()
        if not 1 <= reduction <= dim:
            raise ValueError(f"REDUCTION must be from 1 to {dim}, the features' width: {reduction}")
        self.ratio, self.keep = ratio, keep
        self.down = nn.Linear(dim, dim // reduction, bias=False)
        self.up = nn.Linear(dim // reduction, dim, bias=False)
        self.last = nn.ReLU() if last_relu else nn.Identity()
        if zero:
            nn.init.zeros_(self.up.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Features (..., D) of features (..., D), in float32."""
        features = at_least_float32(features)
        adapted = self.last(self.up(self.down(features).relu()))
        return self.keep * features + self.ratio * adapted


class AdapterEncoder(FrozenEncoder):
    """Frozen features behind an adapter for images and one for texts, or none."""

    def __init__(
        self,
        backbone: Backbone,
        text_features: Tensor,
        image_adapter: FeatureAdapter,
        text_adapter: FeatureAdapter | None = None,
    ):
        super().__init__(backbone, text_features)
        self.adapters = nn.ModuleDict({"image": image_adapter})
        if text_adapter is not None:
            self.adapters["text"] = text_adapter

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D)."""
        return self.adapters["image"](super().encode_image(images))

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        if "text" not in self.adapters:
            return self.text_features
        return self.adapters["text"](self.text_features)
