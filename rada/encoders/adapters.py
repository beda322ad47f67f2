"""Adapters: of features behind the encoders (CLIP-Adapter), beside the last blocks of both (MMA).

Gao et al., arXiv 2110.04544; Yang et al., "MMA: Multi-Modal Adapter for Vision-Language Models",
CVPR 2024.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from rada.backbones.backbone import Backbone
from rada.backbones.precision import at_least_float32
from rada.encoders.base import Encoder, FrozenEncoder


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


class _Context(FunctionCtx):
    scale: float


class ScaledGradient(torch.autograd.Function):
    """Multiplies a tensor by one number and its gradient by another."""

    @staticmethod
    def forward(ctx: _Context, tensor: Tensor, backward: float, forward: float) -> Tensor:
        """Returns the tensor times the number `forward`."""
        ctx.scale = backward
        return tensor * forward

    @staticmethod
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Scales the gradient."""
        return gradient * ctx.scale, None, None


class BlockAdapter(nn.Module):
    """`scale * up(relu(shared(relu(down(norm(x))))))`, added to a block's output.

    Its own tensors learn as if scale were 1, as the authors' do; what the adapter tells earlier
    blocks is the exact gradient.

    Args:
        width: of the tokens.
        bottleneck: its units.
        scale: above 0.
    """

    def __init__(self, width: int, bottleneck: int, scale: float):
        super().__init__()
        self.scale = scale
        self.down = _linear(width, bottleneck)
        self.up = _linear(bottleneck, width)

    def forward(self, shared: nn.Linear, tokens: Tensor, norm: nn.Module) -> Tensor:
        """What is added, (L, B, width).

        Args:
            shared: layer in the bottleneck that both encoders use.
            tokens: the block's input (L, B, width).
            norm: the block's first LayerNorm.
        """
        hidden = norm(ScaledGradient.apply(tokens, self.scale, 1.0)).to(self.down.weight.dtype)
        hidden = shared(self.down(hidden).relu()).relu()
        added = self.up(hidden)
        # forward times scale, backward times 1: a gradient times 1 / scale would overflow float16
        return ScaledGradient.apply(added, 1.0, self.scale)


class MultiModalAdapters(nn.Module):
    """Adapters for blocks start to end (counted from 1) of both encoders.

    Args:
        backbone: gives widths.
        start: first block with an adapter, from 1.
        end: last one.
        width: of the bottlenecks.
        scale: of what is added, above 0.
    """

    def __init__(self, backbone: Backbone, start: int, end: int, width: int, scale: float):
        super().__init__()
        self.blocks = range(start - 1, end)
        text, image = backbone.text_width, backbone.vision_width
        self.text = nn.ModuleList(BlockAdapter(text, width, scale) for _ in self.blocks)
        self.image = nn.ModuleList(BlockAdapter(image, width, scale) for _ in self.blocks)
        self.shared = nn.ModuleList(_linear(width, width) for _ in self.blocks)

    def of(self, tower: str) -> dict[int, Callable[[Tensor, nn.Module], Tensor]]:
        """Adapters of "text" or "image" by index of the block, from 0."""
        pairs = zip(getattr(self, tower), self.shared, strict=True)
        adapters = (partial(adapter, shared) for adapter, shared in pairs)
        return dict(zip(self.blocks, adapters, strict=True))


class MultiModalAdapterEncoder(Encoder):
    """Both encoders with adapters; the texts' tokens are fixed.

    Args:
        backbone: CLIP.
        tokens: (K, L), one text a class.
        adapters: for both encoders.
    """

    tokens: Tensor

    def __init__(self, backbone: Backbone, tokens: Tensor, adapters: MultiModalAdapters):
        super().__init__(backbone)
        self.adapters = adapters
        self.register_buffer("tokens", tokens, persistent=False)

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D)."""
        return self.backbone.encode_image(images, adapters=self.adapters.of("image"))

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        return self.backbone.encode_text(self.tokens, adapters=self.adapters.of("text"))


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer
