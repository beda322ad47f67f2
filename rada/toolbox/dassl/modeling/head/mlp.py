"""A stack of linear layers."""

from collections.abc import Sequence

from torch import Tensor, nn

from dassl.modeling.head.build import HEAD_REGISTRY

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU}


class MLP(nn.Module):
    """Linear, batch normalisation, activation and dropout per hidden layer.

    Args:
        in_features: width of the input.
        hidden_layers: width of each layer.
        activation: relu or leaky_relu.
        bn: with batch normalisation.
        dropout: probability.

    Attributes:
        out_features: width of the output.
    """

    def __init__(
        self,
        in_features: int = 2048,
        hidden_layers: int | Sequence[int] = (),
        activation: str = "relu",
        bn: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        widths = [hidden_layers] if isinstance(hidden_layers, int) else list(hidden_layers)
        if not widths:
            raise ValueError("an MLP needs at least one layer; set MODEL.HEAD.HIDDEN_LAYERS")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is one of {list(ACTIVATIONS)}; got {activation}")
        layers: list[nn.Module] = []
        for before, width in zip([in_features, *widths], widths, strict=False):
            layers.append(nn.Linear(before, width))
            if bn:
                layers.append(nn.BatchNorm1d(width))
            layers.append(ACTIVATIONS[activation](inplace=True))
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
        self.out_features = widths[-1]
        self.mlp = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_features) to (B, out_features)."""
        return self.mlp(x)


@HEAD_REGISTRY.register()
def mlp(**kwargs) -> MLP:
    """MLP head."""
    return MLP(**kwargs)
