"""RAda: one last attention decides which elements of the rational matrix count.

"One Last Attention for Your Vision-Language Model", ICCV 2025, arXiv 2507.15480. With image
features f (B, D), text features h (K, D), scale s, three queries Q, all learned maps affine:

    (1) R = f * h                                                   rational matrix, (B, K, D)
    (2) O = mean over Q of [K softmax(Q key(s R)^T / (sqrt(d) temperature)) value(s R)]
    (3) M = relu(1 + out(O))                                             mask, (B, K, D)
    (4) logits = s * sum_D (M * R),   penalty = alpha * smoothness(M)

The softmax is taken over all K*K entries of an image and head together. `plain_logits` is that,
line by line, and runs where it is the fastest; `rada.head.masked_logits` stands beside it, equal to
rounding, in memory linear in K.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from rada.backbones.precision import autocast, autocast_dtype, require_precision
from rada.head import fused_attention
from rada.head.attention import DENSE, joint_attention
from rada.head.cosine import CosineHead
from rada.head.inputs import Heads, Inputs, Operands, inputs_of, join_heads, prepare, split_heads
from rada.head.masked_logits import linear_logits
from rada.head.penalties import PENALTIES, NoPenalty, Penalty
from rada.head.transforms import plain_stands_in, transformed
from rada.precisions import AUTOCAST

FORMS = ("auto", "plain", "linear")
# The plain form is faster up to so many (image, class) pairs, and so many classes: on two cores of
# an Intel Xeon and of an AMD EPYC by benchmarks/head.py; on an H200 a dense head was ahead below
# K = 500.
PLAIN_PAIRS, PLAIN_PAIRS_ON_GPU = 1600, 1 << 14
PLAIN_CLASSES, PLAIN_CLASSES_ON_GPU = 800, 500
PLAIN_SCORES = 160_000  # B K K, without gradients on a CPU: fresh memory for maps costs more there
# pairs that a fused kernel works on at a time; a (B, K, D) tensor of them has 128 MB
FUSED_PAIRS = 1 << 16


class RationalMask(nn.Module):
    """Mask of the rational matrix, equations (1) to (3).

    Args:
        dim: D, width of the features.
        num_heads: H, a divisor of D.
        temperature: divides all attention scores.

    Raises:
        ValueError: if D is below 1 or no multiple of H, or the temperature is not above 0.
    """

    def __init__(self, dim: int, num_heads: int = 8, temperature: float = 1.0):
        super().__init__()
        if dim < 1:
            raise ValueError(f"there are {dim} features; give the width of the encoders' features")
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
            _, change = mask_change(inputs_of(self, image, text, logit_scale), self.heads)
            return 1 + change


def mask_change(inputs: Inputs, heads: Heads) -> tuple[Tensor, Tensor]:
    """s R and M - 1, (B, K, D) each: equations (1) to (3) as they stand there."""
    rational = inputs.image * inputs.text  # s R
    query, key, value = (F.linear(rational, *layer) for layer in inputs.projections)
    text_query = inputs.query_text.expand_as(rational)
    tensors = (inputs.query_image, text_query, query, key, value)
    operands = Operands(*(split_heads(each.to(value.dtype), heads.number) for each in tensors))
    attended = join_heads(joint_attention(operands, heads.scale), heads.number)  # O
    change = F.linear(attended, *inputs.out).to(rational.dtype)
    return rational, F.threshold(change, -1, -1)  # relu(1 + x) - 1 = max(x, -1)


def plain_logits(inputs: Inputs, heads: Heads, penalty: type[Penalty]) -> tuple[Tensor, Tensor]:
    """What the mask adds to CLIP's logits, s sum_D ((M - 1) R), (B, K), and penalties (B,)."""
    rational, change = mask_change(inputs, heads)
    return (rational * change).sum(-1), penalty.value(change)


def fused_logits(inputs: Inputs, heads: Heads, penalty: type[Penalty]) -> tuple[Tensor, Tensor]:
    """As `plain_logits`, some images at a time, computed again in the backward pass.

    So memory does not grow with B. For a GPU's fused kernel in half precision, where few large
    kernels are better than many.
    """

    def some(*tensors: Tensor) -> tuple[Tensor, Tensor]:
        return plain_logits(Inputs(*tensors), heads, penalty)

    most = fused_attention.MOST_PROBLEMS // heads.number
    step = max(1, min(most, FUSED_PAIRS // inputs.text.shape[1]))
    starts = range(0, len(inputs.image), step)
    parts = [inputs.some(slice(start, start + step)) for start in starts]
    results = [checkpoint(some, *part, use_reentrant=False) for part in parts]
    if not results:  # no images
        return some(*inputs)
    added, penalties = zip(*results, strict=True)
    return torch.cat(added), torch.cat(penalties)


def fastest_form(num_images: int, num_classes: int, device: torch.device) -> str:
    """ "plain" or "linear", whichever takes less time; where plain is, it needs little memory."""
    cuda = device.type == "cuda"
    pairs = PLAIN_PAIRS_ON_GPU if cuda else PLAIN_PAIRS
    classes = PLAIN_CLASSES_ON_GPU if cuda else PLAIN_CLASSES
    few = num_images * num_classes <= pairs and num_classes <= classes
    if not cuda and not torch.is_grad_enabled():
        few = few and num_images * num_classes**2 <= PLAIN_SCORES
    return "plain" if few else "linear"


class RAdaHead(nn.Module):
    """Logits of the masked rational matrix, and the mask's smoothness penalty, equation (4).

    Beyond a bound what it holds does not grow with B, unless the plain form is asked for.

    Logits are CLIP's own plus `s sum_D ((M - 1) R)`, so that M = 1 leaves CLIP's bit for bit. Where
    M = 0 for a whole class the equation gives 0 and this the rounding of two sums of D products:
    no more than 4 s eps, 5e-5 in float32 at s = 100 (about 3e-6 at D = 512).

    Args:
        dim: D, width of the features.
        num_heads: H, a divisor of D.
        temperature: divides all attention scores.
        alpha: weight of the penalty.
        penalty: "linf", the mean over images of the largest |M - 1|, or "mse", the mean of
            (M - 1)^2.
        precision: of projections and attention on a GPU: "fp32", "amp" (float16) or "amp_bf16".
        form: "plain", as the equation stands, "linear", in least memory, or "auto", the fastest for
            each size. They agree to rounding. Half precision on a GPU has a form of its own.
            Transforms (`rada.head.transforms`) go through "plain", and "auto" stands for it.

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
        form: str = "auto",
    ):
        super().__init__()
        if form not in FORMS:
            raise ValueError(f'form "{form}" is unknown; choose from {", ".join(FORMS)}')
        if penalty not in PENALTIES:
            raise ValueError(f'penalty "{penalty}" is unknown; choose from {", ".join(PENALTIES)}')
        self.mask = RationalMask(dim, num_heads, temperature)
        require_precision(precision, AUTOCAST)
        self.alpha, self.penalty, self.precision, self.form = alpha, penalty, precision, form

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and alpha times the penalty.

        Args and errors as in `RationalMask.forward`; here logit_scale may receive a gradient.

        Raises:
            ValueError: also if the form cannot go through an active transform.
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
        num_images, num_classes = len(like), inputs.text.shape[1]
        scores = heads.number * num_images * num_classes**2
        if transformed() and plain_stands_in(self.form, scores, DENSE):
            return plain_logits(inputs, heads, penalty)
        with autocast(self.precision, like.device.type):
            width = like.shape[-1] // heads.number
            if fused_attention.suits(heads.number, width, autocast_dtype(like), like.device):
                return fused_logits(inputs, heads, penalty)
        form = self.form
        if form == "auto":
            form = fastest_form(num_images, num_classes, like.device)
        if form == "plain":
            return plain_logits(inputs, heads, penalty)
        return linear_logits(inputs, heads, penalty, sparing=self.form == "linear")
