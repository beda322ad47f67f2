"""What images tune at test time: each its own copy of prompts, mask or both."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rada.classifier import normalize
from rada.head.per_image import MaskCopies
from rada.test_time.prompt_copies import PromptCopies


class Copies(NamedTuple):
    """Copies of E images, and what they share.

    Attributes:
        prompts, mask: the copies; None for what is not tuned.
        fixed_texts: (1, K, D), L2-normalised; None if prompts are tuned.
        head: decides if no mask is tuned.
        scale: s.
    """

    prompts: PromptCopies | None
    mask: MaskCopies | None
    fixed_texts: Tensor | None
    head: nn.Module
    scale: Tensor

    def tensors(self) -> list[Tensor]:
        """All that is tuned, (E, ...) each, or (1, ...) where it is the same for all."""
        return [t for part in (self.prompts, self.mask) if part for t in part.tuned.values()]

    def texts(self) -> Tensor:
        """Class features (E, K, D), or (1, K, D) for all images, L2-normalised."""
        if self.prompts is None:
            assert self.fixed_texts is not None
            return self.fixed_texts
        return normalize(self.prompts.class_features(), "text")

    def backward(self, loss: Tensor, scale: float) -> bool:
        """Set the gradient of each tensor; zero where the loss does not reach.

        Args:
            loss: a sum over images.
            scale: of the loss on its way back, so that gradients do not vanish in half precision.

        Returns:
            Whether to take the step: False if a scaled gradient has overflowed.
        """
        moving = [tensor for tensor in self.tensors() if tensor.requires_grad]
        gradients = torch.autograd.grad(
            scale * loss, moving, allow_unused=True, materialize_grads=True
        )
        if scale != 1:
            if not torch.stack([gradient.isfinite().all() for gradient in gradients]).all():
                return False
            gradients = tuple(gradient / scale for gradient in gradients)
        left = iter(gradients)
        for tensor in self.tensors():
            tensor.grad = next(left) if tensor.requires_grad else torch.zeros_like(tensor)
        return True

    def logits(self, seen: Tensor, texts: Tensor) -> Tensor:
        """Logits (E, v, K).

        Args:
            seen: v views of each image: features (E, v, D), L2-normalised, or pictures
                (E, v, 3, size, size) if tuned prompts enter the image encoder.
            texts: of `texts`.
        """
        if seen.dim() > 3:
            assert self.prompts is not None
            seen = normalize(self.prompts.image_features(seen), "image")
        if self.mask is not None:
            return self.mask.logits(seen, texts, self.scale)
        return fixed_logits(self.head, seen, texts, self.scale)


def fixed_logits(head: nn.Module, images: Tensor, texts: Tensor, scale: Tensor) -> Tensor:
    """Logits (E, v, K) of images (E, v, D) and class features (1 or E, K, D)."""
    if len(texts) == 1:
        logits, _ = head(images.flatten(0, 1), texts[0], scale)
        return logits.unflatten(0, images.shape[:2])
    if not len(images):
        return images.new_empty(*images.shape[:2], texts.shape[1])
    pairs = zip(images, texts, strict=True)
    return torch.stack([head(image, text, scale)[0] for image, text in pairs])
