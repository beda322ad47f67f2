"""CLIP's own decision: the cosine of image and class features."""

import torch
from torch import Tensor, nn


class CosineHead(nn.Module):
    """CLIP's own head: `logits = s * f @ h.T`; nothing is learned, the penalty is zero."""

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and a zero penalty.

        Args:
            image_features: (B, D), L2-normalised.
            text_features: (K, D), or (B, K, D) for class features per image, L2-normalised.
            logit_scale: s, already exponentiated.
        """
        if text_features.dim() == 2:
            logits = logit_scale * image_features @ text_features.t()
        else:
            logits = logit_scale * torch.einsum("bd,bkd->bk", image_features, text_features)
        return logits, logits.new_zeros(())
