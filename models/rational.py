"""RAda: one last attention decides which elements of the rational matrix count.

"One Last Attention for Your Vision-Language Model", ICCV 2025, arXiv 2507.15480. With image
features f (B, D), text features h (K, D), scale s, three queries Q, all learned maps affine:

    R = f * h                                                       rational matrix, (B, K, D)
    O = mean over Q of [K softmax(Q key(s R)^T / (sqrt(d) temperature)) value(s R)]
    M = relu(1 + out(O))                                                 mask, (B, K, D)
    logits = s * sum_D (M * R),   penalty = alpha * smoothness(M)

The softmax is taken over all K*K entries of an image and head together (`models.attention`).
"""

from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import joint_attention
from models.cosine import CosineHead
from models.head_inputs import Inputs, affine, prepare
from models.heads import join_heads, project_rational
from models.masked_cosine import masked_cosine
from models.penalties import PENALTIES, NoPenalty


class RationalMask(nn.Module):
    """Mask of the rational matrix, METHOD.md steps 1 to 5, exact in O(K) attention memory.

    Args:
        dim: D, width of the features.
        num_heads: H, a divisor of D.
        temperature: divides all attention scores.

    Raises:
        ValueError: if D is no multiple of H or the temperature is not above 0.
    """

    def __init__(self, dim: int, num_heads: int = 8, temperature: float = 1.0):
        super().__init__()
        if num_heads < 1 or dim % num_heads:
            divisors = ", ".join(str(n) for n in range(1, dim + 1) if dim % n == 0)
            raise ValueError(f"{dim} features split over {divisors} heads, not over {num_heads}")
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.num_heads, self.temperature = num_heads, temperature
        self.query_image = nn.Linear(dim, dim)
        self.query_text = nn.Linear(dim, dim)
        self.query_rational = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)
        # zero init: training starts from CLIP's own logits
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> Tensor:
        """Mask (B, K, D), at least 0, all ones at initialisation.

        Args:
            image_features: f (B, D), L2-normalised.
            text_features: h (K, D), or (B, K, D) for class features per image, L2-normalised.
            logit_scale: s, already exponentiated; receives no gradient from the mask.

        Raises:
            ValueError: if shapes do not fit, there is no class, or a feature vector is zero or
                not finite.
        """
        image, text = prepare(image_features, text_features, self.out.weight)
        with torch.autocast(image.device.type, enabled=False):
            inputs = self.inputs(image, text, logit_scale)
            rational = inputs.image * inputs.text  # s R, (B, K, D)
            operands = project_rational(rational, inputs, self.num_heads)
            attended = join_heads(joint_attention(*operands), self.num_heads)
            return F.linear(attended, *inputs.out).add_(1).relu_()

    def inputs(self, image: Tensor, text: Tensor, logit_scale: Tensor | float) -> Inputs:
        """What needs no rational matrix.

        Args:
            image: f (B, 1, D).
            text: h (K, D) as (1, K, D), or (B, K, D).
            logit_scale: s.

        Returns:
            In one type; all three queries are divided by sqrt(d) * temperature.
        """
        scale = torch.as_tensor(logit_scale, dtype=image.dtype, device=image.device).detach()
        width = (image.shape[-1] / self.num_heads) ** 0.5 * self.temperature
        query_image = affine(self.query_image, scale.sqrt() * image) / width
        query_text = affine(self.query_text, scale.sqrt() * text) / width
        query = (each.to(image.dtype) / width for each in self.query_rational.parameters())
        layers = chain(*(layer.parameters() for layer in (self.key, self.value, self.out)))
        layers = (each.to(image.dtype) for each in layers)
        return Inputs(scale * image, text, query_image, query_text, *query, *layers)


class RAdaHead(nn.Module):
    """Logits of the masked rational matrix, and the mask's smoothness penalty (steps 6 and 7).

    Images are worked on a few at a time, so that memory does not grow with B.

    Args:
        dim: D, width of the features.
        num_heads: H, a divisor of D.
        temperature: divides all attention scores.
        alpha: weight of the penalty.
        penalty: "linf", the mean over images of the largest |M - 1|, or "mse", the mean of
            (M - 1)^2.

    Raises:
        ValueError: if an argument is out of its range.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int = 8,
        temperature: float = 1.0,
        alpha: float = 0.0,
        penalty: str = "linf",
    ):
        super().__init__()
        if penalty not in PENALTIES:
            raise ValueError(f'penalty "{penalty}" is unknown; choose from {", ".join(PENALTIES)}')
        self.mask = RationalMask(dim, num_heads, temperature)
        self.alpha, self.penalty = alpha, penalty

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and alpha times the penalty.

        Args and errors as in `RationalMask.forward`; here logit_scale may receive a gradient.
        """
        image, text = prepare(image_features, text_features, self.mask.out.weight)
        with torch.autocast(image.device.type, enabled=False):
            inputs = self.mask.inputs(image, text, logit_scale)
            penalty = PENALTIES[self.penalty] if self.alpha else NoPenalty
            added, change = masked_cosine(inputs, self.mask.num_heads, penalty)
            if isinstance(logit_scale, Tensor):  # times 1, for the gradient of s
                added = added * (logit_scale / logit_scale.detach())
            # M R = R + (M - 1) R: with M = 1 the logits are CLIP's own, bit for bit
            texts = text[0] if text_features.dim() == 2 else text
            logits, _ = CosineHead()(image[:, 0], texts, logit_scale)
            return logits + added, self.alpha * change.sum() / max(1, len(image))
