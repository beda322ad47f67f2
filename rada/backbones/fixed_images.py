"""Image features that may be made once: whether an encoder leaves images alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from rada.encoders.base import Encoder


def handed_on(features: Tensor, prompts: Sequence[Tensor], adapters: Mapping) -> Tensor:
    """Features (B, D) as they are.

    Raises:
        ValueError: if prompts or adapters should enter the images they are of.
    """
    if len(prompts) or adapters:
        raise ValueError(
            "prompts and adapters enter pictures, but these are features that were made without "
            "them; set FEATURES.CACHE False"
        )
    return features


@torch.no_grad()
def images_enter_alone(encoder: "Encoder") -> bool:
    """Whether images reach the backbone once and unchanged, with neither prompts nor adapters.

    The encoder is asked: it gets one image, and a backbone that only looks at what it is given.

    Args:
        encoder: in front of any head.
    """
    backbone = encoder.backbone
    seen: list[bool] = []
    device, side = backbone.model.text_projection.device, backbone.image_size
    image = torch.zeros(1, 3, side, side, device=device)

    def look(
        images: Tensor, prompts: Sequence[Tensor] = (), adapters: Mapping | None = None
    ) -> Tensor:
        seen.append(images is image and not len(prompts) and not adapters)
        return torch.ones(len(images), backbone.dim, dtype=backbone.dtype, device=device)

    # on the instance, where it hides the class's own
    backbone.encode_image = look  # type: ignore[method-assign]
    try:
        encoder.encode_image(image)
    finally:
        del backbone.encode_image
    return seen == [True]
