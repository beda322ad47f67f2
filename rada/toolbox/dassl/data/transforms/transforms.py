"""Transforms from the config, in a fixed order whatever the order of INPUT.TRANSFORMS."""

from collections.abc import Callable, Sequence
from typing import Any

from yacs.config import CfgNode

from dassl.data.transforms.fused import fuse
from dassl.data.transforms.operations import (
    Cutout,
    GaussianNoise,
    InstanceNormalization,
    Random2DTranslation,
    RandomStrengthAugment,
)
from dassl.utils import check_availability
from dassl.utils.lazy import Lazy

T = Lazy("torchvision.transforms")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest")

# Each step: the name in INPUT.TRANSFORMS -> of INPUT, its log line and the transform.
Step = Callable[[CfgNode], tuple[str, Callable]]

# PIL images in, PIL images out
IMAGE_STEPS: dict[str, Step] = {
    "random_translation": lambda c: ("random translation", Random2DTranslation(*c.SIZE)),
    "random_crop": lambda c: (
        f"random crop (padding = {c.CROP_PADDING})",
        T.RandomCrop(c.SIZE, padding=c.CROP_PADDING),
    ),
    "random_resized_crop": lambda c: (
        f"random resized crop (size={c.SIZE}, scale={c.RRCROP_SCALE})",
        T.RandomResizedCrop(c.SIZE, scale=c.RRCROP_SCALE, interpolation=_interpolation(c)),
    ),
    "random_flip": lambda c: ("random flip", T.RandomHorizontalFlip()),
    "imagenet_policy": lambda c: ("imagenet policy", T.AutoAugment(T.AutoAugmentPolicy.IMAGENET)),
    "cifar10_policy": lambda c: ("cifar10 policy", T.AutoAugment(T.AutoAugmentPolicy.CIFAR10)),
    "svhn_policy": lambda c: ("svhn policy", T.AutoAugment(T.AutoAugmentPolicy.SVHN)),
    "randaugment": lambda c: (
        f"randaugment (n={c.RANDAUGMENT_N}, m={c.RANDAUGMENT_M})",
        T.RandAugment(c.RANDAUGMENT_N, c.RANDAUGMENT_M),
    ),
    "randaugment_fixmatch": lambda c: (
        f"randaugment_fixmatch (n={c.RANDAUGMENT_N})",
        RandomStrengthAugment(c.RANDAUGMENT_N),
    ),
    "randaugment2": lambda c: (
        f"randaugment2 (n={c.RANDAUGMENT_N})",
        RandomStrengthAugment(c.RANDAUGMENT_N, p=0.6),
    ),
    "colorjitter": lambda c: (
        f"color jitter (brightness={c.COLORJITTER_B}, contrast={c.COLORJITTER_C}, "
        f"saturation={c.COLORJITTER_S}, hue={c.COLORJITTER_H})",
        T.ColorJitter(c.COLORJITTER_B, c.COLORJITTER_C, c.COLORJITTER_S, c.COLORJITTER_H),
    ),
    "randomgrayscale": lambda c: ("random gray scale", T.RandomGrayscale(p=c.RGS_P)),
    "gaussian_blur": lambda c: (
        f"gaussian blur (kernel={c.GB_K})",
        T.RandomApply([T.GaussianBlur(c.GB_K)], p=c.GB_P),
    ),
}

# tensors (C, H, W) in, tensors out
TENSOR_STEPS: dict[str, Step] = {
    "cutout": lambda c: (
        f"cutout (n_holes={c.CUTOUT_N}, length={c.CUTOUT_LEN})",
        Cutout(c.CUTOUT_N, c.CUTOUT_LEN),
    ),
    "normalize": lambda c: (
        f"normalization (mean={c.PIXEL_MEAN}, std={c.PIXEL_STD})",
        T.Normalize(mean=c.PIXEL_MEAN, std=c.PIXEL_STD),
    ),
    "gaussian_noise": lambda c: (
        f"gaussian noise (mean={c.GN_MEAN}, std={c.GN_STD})",
        GaussianNoise(c.GN_MEAN, c.GN_STD),
    ),
    "instance_norm": lambda c: ("instance normalization", InstanceNormalization()),
}

AVAI_CHOICES = [*IMAGE_STEPS, *TENSOR_STEPS, "center_crop"]  # the last is always on when testing
TEST_STEPS = ("normalize", "instance_norm")


def build_transform(
    cfg: CfgNode, is_train: bool = True, choices: Sequence[str] | None = None
) -> Callable | None:
    """The transform from a PIL image to a tensor (3, H, W); prints its steps.

    Args:
        is_train: with augmentation.
        choices: names in place of cfg.INPUT.TRANSFORMS.

    Returns:
        None if cfg.INPUT.NO_TRANSFORM.

    Raises:
        ValueError: for an unknown name; suggests the nearest.
    """
    if cfg.INPUT.NO_TRANSFORM:
        print("Note: no transform is applied!")
        return None
    choices = cfg.INPUT.TRANSFORMS if choices is None else choices
    for choice in choices:
        check_availability(choice, AVAI_CHOICES)
    print(f"Building transform_{'train' if is_train else 'test'}")
    steps = _train_steps(cfg.INPUT, choices) if is_train else _test_steps(cfg.INPUT, choices)
    for line, _ in steps:
        print(f"+ {line}")
    return T.Compose(fuse([transform for _, transform in steps]))


def _train_steps(c: CfgNode, choices: Sequence[str]) -> list[tuple[str, Callable]]:
    resize = (f"resize to {c.SIZE[0]}x{c.SIZE[1]}", T.Resize(c.SIZE, _interpolation(c)))
    return [
        *([] if {"random_crop", "random_resized_crop"} & set(choices) else [resize]),
        *(step(c) for name, step in IMAGE_STEPS.items() if name in choices),
        ("to torch tensor of range [0, 1]", T.ToTensor()),
        *(step(c) for name, step in TENSOR_STEPS.items() if name in choices),
    ]


def _test_steps(c: CfgNode, choices: Sequence[str]) -> list[tuple[str, Callable]]:
    edge = max(c.SIZE)
    return [
        (f"resize the smaller edge to {edge}", T.Resize(edge, _interpolation(c))),
        (f"{c.SIZE[0]}x{c.SIZE[1]} center crop", T.CenterCrop(c.SIZE)),
        ("to torch tensor of range [0, 1]", T.ToTensor()),
        *(TENSOR_STEPS[name](c) for name in TEST_STEPS if name in choices),
    ]


def _interpolation(c: CfgNode) -> Any:
    check_availability(c.INTERPOLATION, INTERPOLATIONS)
    return T.InterpolationMode(c.INTERPOLATION)


def __getattr__(name: str) -> Any:
    """INTERPOLATION_MODES, torchvision's by the config's names; made when it is asked for."""
    if name == "INTERPOLATION_MODES":
        return {name: T.InterpolationMode(name) for name in INTERPOLATIONS}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
