"""Backbones: from a checkpoint, or of a published geometry with random weights."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.backbones.openai_clip import CLIP
from rada.backbones.weights import import_clip_model, read_state_dict, weights_file

SIZES = {"input_resolution", "context_length", "vocab_size"}  # integers in OpenAI's files

# embed_dim, resolution, vision layers, vision width, patch, text width, text heads, text layers
GEOMETRIES = {
    "RN50": (1024, 224, (3, 4, 6, 3), 64, None, 512, 8, 12),
    "RN101": (512, 224, (3, 4, 23, 3), 64, None, 512, 8, 12),
    "RN50x4": (640, 288, (4, 6, 10, 6), 80, None, 640, 10, 12),
    "RN50x16": (768, 384, (6, 8, 18, 8), 96, None, 768, 12, 12),
    "RN50x64": (1024, 448, (3, 15, 36, 10), 128, None, 1024, 16, 12),
    "ViT-B/32": (512, 224, 12, 768, 32, 512, 8, 12),
    "ViT-B/16": (512, 224, 12, 768, 16, 512, 8, 12),
    "ViT-L/14": (768, 224, 24, 1024, 14, 768, 12, 12),
    "ViT-L/14@336px": (768, 336, 24, 1024, 14, 768, 12, 12),
}
CONTEXT, VOCABULARY = 77, 49408
LOG_SCALE = 4.6052  # s = 100
_lent: dict[str, Backbone] = {}


def build_backbone(name: str, precision: str = "fp32") -> Backbone:
    """Load a backbone by name or file; see `rada.backbones.weights.weights_file` and `Backbone`.

    One that is `lent` by this name is given as it is.

    The package's own loader rounds weights to float16; here they keep the precision of the file.
    """
    if name in _lent:
        return _lent[name]
    state_dict = read_state_dict(weights_file(name))
    state_dict = {
        key: value.float() if value.is_floating_point() else value
        for key, value in state_dict.items()
        if key not in SIZES
    }
    try:
        model = import_clip_model().build_model(dict(state_dict)).float()
        model.load_state_dict(state_dict)
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"backbone {name} does not fit OpenAI's CLIP: {error}") from error
    return Backbone(model, precision)


class ImageInput(NamedTuple):
    """What pictures an image encoder was pre-trained on: a side in pixels, and their numbers."""

    size: int
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)
    interpolation: str = "bicubic"


def image_input(name: str) -> ImageInput:
    """Of a backbone by name or file; of one that cannot be read, the usual one's."""
    if name in _lent:
        return ImageInput(_lent[name].image_size)
    if name in GEOMETRIES:
        return ImageInput(GEOMETRIES[name][1])
    try:
        return ImageInput(image_size(read_state_dict(weights_file(name))))
    except (ValueError, OSError, KeyError):  # building it says why
        return ImageInput(GEOMETRIES["ViT-B/16"][1])


def image_size(state_dict: dict[str, Tensor]) -> int:
    """Side in pixels of the pictures of a CLIP with these tensors."""
    positions = state_dict.get("visual.positional_embedding")
    if positions is not None:  # a class token and the patches of a ViT
        patch = state_dict["visual.conv1.weight"].shape[-1]
        return patch * math.isqrt(len(positions) - 1)
    positions = state_dict["visual.attnpool.positional_embedding"]  # ResNet: 32 times smaller
    return 32 * math.isqrt(len(positions) - 1)


@contextmanager
def lent(name: str, backbone: Backbone) -> Iterator[None]:
    """Inside, the backbone of this name is this one, in whatever precision it has."""
    before = dict(_lent)
    _lent[name] = backbone
    try:
        yield
    finally:
        _lent.clear()
        _lent.update(before)


def random_backbone(name: str, precision: str = "fp32") -> Backbone:
    """A backbone of a published geometry with random weights: for counts and timings.

    Args:
        name: a key of GEOMETRIES.
        precision: as for `Backbone`.
    """
    model = clip_of(name)
    nn.init.constant_(model.logit_scale, LOG_SCALE)
    return Backbone(model, precision)


def clip_of(name: str) -> CLIP:
    """A CLIP of a published geometry, a key of GEOMETRIES, as its constructor leaves it."""
    *vision, width, heads, layers = GEOMETRIES[name]
    return import_clip_model().CLIP(*vision, CONTEXT, VOCABULARY, width, heads, layers)
