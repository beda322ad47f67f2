"""Image transforms by name."""

from typing import Any

from dassl.data.transforms import transforms
from dassl.data.transforms.transforms import AVAI_CHOICES, build_transform

__all__ = ["AVAI_CHOICES", "INTERPOLATION_MODES", "build_transform"]


def __getattr__(name: str) -> Any:
    """INTERPOLATION_MODES, when it is asked for."""
    return getattr(transforms, name)
