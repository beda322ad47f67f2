"""The yardstick: the method written down step by step, as the authors' code computes it.

Plain PyTorch and autograd, no trick of any kind: every query is projected as (B, K, D), every map
is (B, H, K, K) and multiplied by the value. `benchmarks/head.py` times it beside the exact head,
and the tests compare the two.
"""

import torch
from torch import nn

from rada.head.rational import RationalMask


class DenseHead(nn.Module):
    """The RAda head with the (B, H, K, K) maps of the equation, for comparison only.

    Args:
        mask: the exact mask whose six affine maps are used (shared, not copied).
        alpha: weight of the smoothness penalty.
        penalty: "linf" or "mse".
    """

    def __init__(self, mask: RationalMask, alpha: float = 0.0, penalty: str = "linf"):
        super().__init__()
        self.layers, self.alpha, self.penalty = mask, alpha, penalty

    def forward(self, image_features, text_features, logit_scale):
        """Logits (B, K) and alpha times the penalty, as `rada.head.rational.RAdaHead`."""
        mask = self.mask(image_features, text_features, logit_scale)
        rational = image_features[:, None] * text_features  # (B, K, D)
        logits = logit_scale * (mask * rational).sum(-1)
        gap = mask - 1
        if self.penalty == "linf":
            return logits, self.alpha * gap.abs().amax((1, 2)).mean()
        return logits, self.alpha * (gap**2).mean()

    def mask(self, image_features, text_features, logit_scale):
        """Mask (B, K, D), equations (1) to (3) of `rada.head.rational`."""
        maps, value = self.maps(image_features, text_features, logit_scale)
        attended = sum(map_ @ value for map_ in maps) / 3  # (B, H, K, d)
        return torch.relu(1 + self.layers.out(attended.transpose(1, 2).flatten(2)))

    def maps(self, image_features, text_features, logit_scale):
        """The maps of the image, text and rational query, (B, H, K, K) each, and the value."""
        layers, scale = self.layers, torch.as_tensor(logit_scale).detach()
        rational = scale * (image_features[:, None] * text_features)  # (B, K, D)
        images = scale.sqrt() * image_features[:, None].expand_as(rational)
        texts = scale.sqrt() * text_features.expand_as(rational)
        key, value = self.heads(layers.key(rational)), self.heads(layers.value(rational))
        queries = (
            layers.query_image(images),
            layers.query_text(texts),
            layers.query_rational(rational),
        )
        return [self.joint_softmax(self.heads(query), key) for query in queries], value

    def heads(self, tensor):
        """(B, K, D) to (B, H, K, d)."""
        return tensor.unflatten(-1, (self.layers.num_heads, -1)).transpose(1, 2)

    def joint_softmax(self, query, key):
        """One softmax over the K*K entries of an image and head, times K."""
        width = query.shape[-1] ** 0.5 * self.layers.temperature
        scores = query @ key.transpose(-1, -2) / width
        return scores.flatten(-2).softmax(-1).view_as(scores) * scores.shape[-1]
