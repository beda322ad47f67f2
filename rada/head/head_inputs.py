"""What the RAda head accepts (shapes, types, numbers of its features) and computes with."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from rada.head.rational import RationalMask


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
        ValueError: if shapes do not fit, there is no class, or a vector is zero or not finite.
    """
    check_shapes(image_features.shape, text_features.shape, weight.shape[1])
    usable = torch.stack([vectors_usable(image_features), vectors_usable(text_features)])
    if not usable.all():  # one wait for the device
        kind = "text" if usable[0] else "image"
        raise ValueError(
            f"{kind} features hold a vector that is zero or not finite; check the encoder's input "
            "and precision (float16 overflows) and normalise by a norm above 0"
        )
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
    if image[-1] != width or text[-1] != width:
        raise ValueError(
            f"the head was built for {width} features, got {image[-1]} of the image and {text[-1]} "
            "of the text; build it with the backbone's width"
        )
    if text[-2] == 0:
        raise ValueError("there are no classes (K = 0); give the features of at least one class")


def vectors_usable(features: Tensor) -> Tensor:
    """Whether all vectors (..., D) are finite and not zero, as a boolean on their device."""
    size = features.detach().abs().amax(-1)
    return ((size > 0) & size.isfinite()).all()


def affine(layer: nn.Linear, inputs: Tensor) -> Tensor:
    """The layer in the type of its inputs."""
    return nn.functional.linear(inputs, layer.weight.to(inputs), layer.bias.to(inputs))
