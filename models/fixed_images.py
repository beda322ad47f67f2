"""Image features that may be made once: whether an encoder leaves images alone."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


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
def images_enter_alone(encoder: nn.Module) -> bool:
    """Whether images reach the backbone once and unchanged, with neither prompts nor adapters.

    The encoder is asked: it gets one image, and a backbone that only looks at what it is given.

    Args:
        encoder: `models.encoders.Encoder`.
    """
    backbone, seen = encoder.backbone, []
    device, side = backbone.model.text_projection.device, backbone.image_size
    image = torch.zeros(1, 3, side, side, device=device)

    def look(images: Tensor, prompts: Sequence[Tensor] = (), adapters: Mapping | None = None):
        seen.append(images is image and not len(prompts) and not adapters)
        return torch.ones(len(images), backbone.dim, device=device)

    backbone.encode_image = look  # on the instance, where it hides the class's own
    try:
        encoder.encode_image(image)
    finally:
        del backbone.encode_image
    return seen == [True]
