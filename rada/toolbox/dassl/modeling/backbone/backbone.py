"""What a backbone is."""

from torch import nn


class Backbone(nn.Module):
    """A module that maps pictures (B, 3, H, W) to features (B, out_features).

    A subclass sets `_out_features`.
    """

    _out_features: int | None = None

    @property
    def out_features(self) -> int | None:
        """Width of the features."""
        return self._out_features
