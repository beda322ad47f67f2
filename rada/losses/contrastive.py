"""The loss that CLIP was pre-trained with (Radford et al., arXiv 2103.00020)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def contrastive_loss(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
    """Cross-entropy of each image among all texts and of each text among all images, averaged.

    Args:
        image_features: (B, D), L2-normalised.
        text_features: (B, D), L2-normalised; text i belongs to image i alone, even where another
            text is the same sentence.
        scale: s, already exponentiated.
    """
    logits = scale * image_features @ text_features.t()
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.t(), own)) / 2
