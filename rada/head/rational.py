"""RAda: one last attention decides which elements of the rational matrix count.

"One Last Attention for Your Vision-Language Model", ICCV 2025, arXiv 2507.15480. With image
features f (B, D), text features h (K, D), scale s, three queries Q, all learned maps affine:

    R = f * h                                                       rational matrix, (B, K, D)
    O = mean over Q of [K softmax(Q key(s R)^T / (sqrt(d) temperature)) value(s R)]
    M = relu(1 + out(O))                                                 mask, (B, K, D)
    logits = s * sum_D (M * R),   penalty = alpha * smoothness(M)

The softmax is taken over all K*K entries of an image and head together (`rada.head.attention`).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rada.backbones.precision import AUTOCAST, autocast, autocast_dtype, require_precision
from rada.head import fused_attention
from rada.head.attention import joint_attention
from rada.head.cosine import CosineHead
from rada.head.fused_cosine import fused_cosine
from rada.head.head_inputs import Inputs, inputs_of, prepare
from rada.head.heads import Heads, join_heads, project, to_operands
from rada.head.masked_cosine import masked_cosine
from rada.head.penalties import PENALTIES, NoPenalty, Penalty


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

    @property
    def heads(self) -> Heads:
        """Their number and the scale of their scores."""
        width = (self.out.in_features / self.num_heads) ** 0.5
        return Heads(self.num_heads, 1 / (width * self.temperature))

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
            inputs = inputs_of(self, image, text, logit_scale)
            rational = inputs.image * inputs.text  # s R, (B, K, D)
            projected = [project(rational, *layer, self.num_heads) for layer in inputs.projections]
            operands = to_operands(inputs, projected, self.num_heads)
            attended = join_heads(joint_attention(operands, self.heads.scale), self.num_heads)
            return F.linear(attended, *inputs.out).add_(1).relu_()


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
        precision: of projections and attention on a GPU: "fp32", "amp" (float16) or "amp_bf16".

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
        precision: str = "fp32",
    ):
        super().__init__()
        if penalty not in PENALTIES:
            raise ValueError(f'penalty "{penalty}" is unknown; choose from {", ".join(PENALTIES)}')
        self.mask = RationalMask(dim, num_heads, temperature)
        require_precision(precision, AUTOCAST)
        self.alpha, self.penalty, self.precision = alpha, penalty, precision

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and alpha times the penalty.

        Args and errors as in `RationalMask.forward`; here logit_scale may receive a gradient.
        """
        image, text = prepare(image_features, text_features, self.mask.out.weight)
        with torch.autocast(image.device.type, enabled=False):
            inputs = inputs_of(self.mask, image, text, logit_scale)
            penalty: type[Penalty] = PENALTIES[self.penalty] if self.alpha else NoPenalty
            added, change = self.added(inputs, penalty)
            if isinstance(logit_scale, Tensor):  # times 1, for the gradient of s
                added = added * (logit_scale / logit_scale.detach())
            # M R = R + (M - 1) R: with M = 1 the logits are CLIP's own, bit for bit
            texts = text[0] if text_features.dim() == 2 else text
            logits, _ = CosineHead()(image[:, 0], texts, logit_scale)
            return logits + added, self.alpha * change.sum() / max(1, len(image))

    def added(self, inputs: Inputs, penalty: type[Penalty]) -> tuple[Tensor, Tensor]:
        """What the mask adds to CLIP's logits, (B, K), and the penalty of each image, (B,)."""
        heads, like = self.mask.heads, inputs.image
        with autocast(self.precision, like.device.type):
            dtype = autocast_dtype(like)
            width = like.shape[-1] // heads.number
            if fused_attention.suits(heads.number, width, dtype, like.device):
                return fused_cosine(inputs, heads, penalty)
        return masked_cosine(inputs, heads, penalty)
