"""What the RAda head accepts (shapes, types, numbers of its features), and how heads share it."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from rada.head.transforms import readable

if TYPE_CHECKING:
    from rada.head.rational import RationalMask

NORM_GAP = 0.02  # largest |norm - 1|; bfloat16 rounds each element of a vector by 0.004 at most


class Inputs(NamedTuple):
    """All the head computes with, in one type; also the gradients of all that."""

    image: Tensor  # s f, (B, 1, D)
    text: Tensor  # h, (1 or B, K, D)
    query_image: Tensor  # (B, 1, D)
    query_text: Tensor  # (1 or B, K, D)
    query_weight: Tensor  # of query_rational, (D, D)
    query_bias: Tensor
    key_weight: Tensor
    key_bias: Tensor
    value_weight: Tensor
    value_bias: Tensor
    out_weight: Tensor
    out_bias: Tensor

    def some(self, images: slice) -> "Inputs":
        """The same for some images."""
        tensors = (tensor if len(tensor) == 1 else tensor[images] for tensor in self[:4])
        return Inputs._make((*tensors, *self[4:]))

    @property
    def projections(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """Weight and bias of query_rational, key and value."""
        return self[4:6], self[6:8], self[8:10]

    @property
    def out(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last layer."""
        return self[10:]


def inputs_of(
    mask: "RationalMask", image: Tensor, text: Tensor, logit_scale: Tensor | float
) -> Inputs:
    """What needs no rational matrix, in one type.

    Args:
        mask: gives the layers.
        image: f (B, 1, D).
        text: h (K, D) as (1, K, D), or (B, K, D).
        logit_scale: s; receives no gradient.
    """
    scale = torch.as_tensor(logit_scale, dtype=image.dtype, device=image.device).detach()
    query_image = affine(mask.query_image, scale.sqrt() * image)
    query_text = affine(mask.query_text, scale.sqrt() * text)
    layers = (mask.query_rational, mask.key, mask.value, mask.out)
    tensors = (t.to(image.dtype) for layer in layers for t in (layer.weight, layer.bias))
    return Inputs(scale * image, text, query_image, query_text, *tensors)


def prepare(image_features: Tensor, text_features: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Features ready to be multiplied.

    Args:
        image_features: (B, D).
        text_features: (K, D), or (B, K, D).
        weight: a weight (D, D) of the head.

    Returns:
        (B, 1, D) and (1 or B, K, D), in the widest type of all three and at least float32: half
        precision is too coarse for differences of logits.

    Raises:
        ValueError: if shapes do not fit, there is no class, or a vector is zero, not finite or not
            of norm 1; numbers are not looked at where nobody can (`rada.head.transforms`).
    """
    check_shapes(image_features.shape, text_features.shape, weight.shape[1])
    kinds = {"image": image_features, "text": text_features}
    if all(map(readable, kinds.values())):
        gaps = [norm_gaps(features) for features in kinds.values()]
        small = torch.stack([(gap < NORM_GAP).all() for gap in gaps])
        if not small.all():  # one wait for the device
            for (kind, features), gap in zip(kinds.items(), gaps, strict=True):
                require_normalised(kind, features, gap)
    dtype = torch.float32
    for tensor in (image_features, text_features, weight):
        dtype = torch.promote_types(dtype, tensor.dtype)
    text = text_features if text_features.dim() == 3 else text_features[None]
    return image_features[:, None].to(dtype), text.to(dtype)


def check_shapes(image: torch.Size, text: torch.Size, width: int) -> None:
    """Raise ValueError unless image is (B, D) and text (K, D) or (B, K, D), D = width, K > 0."""
    if len(image) != 2 or len(text) not in (2, 3) or (len(text) == 3 and text[0] != image[0]):
        raise ValueError(
            f"image features {tuple(image)} and text features {tuple(text)} do not fit; "
            "give (B, D) and (K, D), or (B, K, D) for class features per image"
        )
    if image[-1] == width == text[-2] != text[-1]:
        raise ValueError(
            f"text features {tuple(text)} seem to be turned round, (D, K) with D = {width}; "
            "give (K, D): text_features.mT"
        )
    if image[-1] != width or text[-1] != width:
        raise ValueError(
            f"the head was built for {width} features, got {image[-1]} of the image and {text[-1]} "
            "of the text; build it with the backbone's width"
        )
    if text[-2] == 0:
        raise ValueError("there are no classes (K = 0); give the features of at least one class")


def norm_gaps(features: Tensor) -> Tensor:
    """How far from 1 the norms of vectors (..., D) are, (...,)."""
    return (torch.linalg.vector_norm(features.detach(), dim=-1, dtype=wide(features)) - 1).abs()


def require_normalised(kind: str, features: Tensor, gaps: Tensor) -> None:
    """Raise ValueError, saying why, unless all gaps (...,) of vectors (..., D) are small.

    Args:
        kind: "image" or "text".
        features: the vectors.
        gaps: of their norms to 1.
    """
    size = features.detach().abs().amax(-1)
    if not ((size > 0) & size.isfinite()).all():
        raise ValueError(
            f"{kind} features hold a vector that is zero or not finite; check the encoder's input "
            "and precision (float16 overflows) and normalise by a norm above 0"
        )
    if not (gaps < NORM_GAP).all():
        index = int(gaps.flatten().argmax())
        norm = torch.linalg.vector_norm(features.detach().flatten(0, -2)[index].double())
        raise ValueError(
            f"{kind} features have to be L2-normalised, vector {index} has norm {norm:.4g}; "
            "divide them: features / features.norm(dim=-1, keepdim=True)"
        )


def wide(features: Tensor) -> torch.dtype:
    """The features' type, at least float32."""
    return torch.promote_types(torch.float32, features.dtype)


def affine(layer: nn.Linear, inputs: Tensor) -> Tensor:
    """The layer in the type of its inputs."""
    return nn.functional.linear(inputs, layer.weight.to(inputs), layer.bias.to(inputs))


class Operands(NamedTuple):
    """What N problems attend with, or the gradients of that."""

    image: Tensor  # image query (N, 1, d)
    text: Tensor  # text query (N, K, d)
    rational: Tensor  # rational query (N, K, d)
    key: Tensor  # (N, K, d)
    value: Tensor  # (N, K, d)

    def some(self, problems: slice) -> "Operands":
        """The same for some of the problems."""
        return Operands(*(tensor[problems] for tensor in self))

    @property
    def queries(self) -> tuple[Tensor, Tensor]:
        """Those that have a map of their own."""
        return self.text, self.rational

    def image_map(self, scale: float) -> Tensor:
        """The one row p of the image query's map, (N, 1, K)."""
        return torch.softmax(torch.bmm(scale * self.image, self.key.mT), -1)


class Heads(NamedTuple):
    """How many heads the attention has, and the scale of their scores."""

    number: int
    scale: float


def split_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(B, K, D) to (H * B, K, d), a copy."""
    return heads_first(tensor, num_heads).flatten(0, 1)


def join_heads(tensor: Tensor, num_heads: int) -> Tensor:
    """(H * B, K, d) to (B, K, D), a copy."""
    return heads_last(tensor, num_heads).flatten(2)


def heads_first(tensor: Tensor, num_heads: int) -> Tensor:
    """View (B, K, D) as (H, B, K, d)."""
    return tensor.unflatten(-1, (num_heads, -1)).permute(2, 0, 1, 3)


def heads_last(tensor: Tensor, num_heads: int) -> Tensor:
    """View (H * B, K, d) as (B, K, H, d)."""
    return tensor.unflatten(0, (num_heads, len(tensor) // num_heads)).permute(1, 2, 0, 3)


def for_each_head(rows: Tensor, num_heads: int) -> Tensor:
    """View rows (B, K, D), the same for all heads, as (H, B * K, D)."""
    return rows.flatten(0, 1).expand(num_heads, -1, -1)


def project(
    rows: Tensor, weight: Tensor, bias: Tensor, num_heads: int, out: Tensor | None = None
) -> Tensor:
    """An affine map of rows (B, K, D) as problems (H * B, K, d).

    Each head multiplies by its own rows of the weight, so the result needs no copy.
    """
    weight, bias = (t.unflatten(0, (num_heads, -1)) for t in (weight, bias))  # (H, d, D), (H, d)
    every = for_each_head(rows, num_heads)
    out = None if out is None else out.view(num_heads, every.shape[1], weight.shape[1])
    projected = torch.baddbmm(bias[:, None], every, weight.mT, out=out)
    return projected.view(num_heads * len(rows), rows.shape[1], weight.shape[1])


def project_backward(
    operand_grads: Operands, rational: Tensor, num_heads: int, grads: Inputs
) -> None:
    """Add the gradients of unimodal queries and of the three layers.

    Args:
        operand_grads: gradients of the attention's operands.
        rational: s R (B, K, D).
        num_heads: H.
        grads: gradients of the head's inputs.
    """
    grads.query_image.add_(join_heads(operand_grads.image, num_heads))
    text = operand_grads.text.unflatten(0, (num_heads, -1))  # (H, B, K, d)
    text = text.sum(1) if len(grads.query_text) == 1 else text.flatten(0, 1)
    grads.query_text.add_(join_heads(text, num_heads))
    rows = for_each_head(rational, num_heads)
    for grad, (weight, bias) in zip(operand_grads[2:], grads.projections, strict=True):
        grad = grad.view(num_heads, rows.shape[1], -1)  # (H, B K, d)
        weight.unflatten(0, (num_heads, -1)).baddbmm_(grad.mT, rows)
        bias.add_(grad.sum(1).flatten())
