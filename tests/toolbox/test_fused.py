"""Steps done in one give torchvision's values bit for bit."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms as T

from dassl.config import get_cfg_default
from dassl.data.transforms import build_transform
from dassl.data.transforms.fused import ToNormalizedTensor, fuse

CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])


def picture(size, mode="RGB", seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("mean, std", [CLIP, ((0.5, 0.5, 0.5), (1.0, 2.0, 0.1))])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 64), (224, 200)])
def test_values_are_torchvisions(mean, std, size):
    steps = [T.ToTensor(), T.Normalize(mean, std)]
    (step,) = fuse(steps)
    image = picture(size)
    expected, found = T.Compose(steps)(image), step(image)
    assert torch.equal(found.view(torch.int32), expected.view(torch.int32))
    assert found.is_contiguous() and found.shape == (3, size[1], size[0])


def test_all_values_of_a_byte():
    grey = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("RGB")
    steps = [T.ToTensor(), T.Normalize(*CLIP)]
    assert torch.equal(fuse(steps)[0](grey), T.Compose(steps)(grey))


@pytest.mark.parametrize("mode, mean, std", [("L", [0.5], [0.2]), ("RGBA", [0.5] * 4, [0.2] * 4)])
def test_other_pictures_take_the_two_steps(mode, mean, std):
    steps = [T.ToTensor(), T.Normalize(mean, std)]
    image = picture((6, 4), mode)
    assert torch.equal(fuse(steps)[0](image), T.Compose(steps)(image))


def test_only_neighbours_are_fused():
    flip = T.RandomHorizontalFlip()
    steps = [flip, T.ToTensor(), T.RandomErasing(), T.Normalize(*CLIP)]
    assert fuse(steps) == steps


@pytest.mark.parametrize("is_train", [True, False])
def test_built_transforms_give_torchvisions_values_from_the_same_random_numbers(is_train):
    cfg = get_cfg_default()
    cfg.INPUT.SIZE, cfg.INPUT.INTERPOLATION = (32, 32), "bicubic"
    cfg.INPUT.PIXEL_MEAN, cfg.INPUT.PIXEL_STD = map(list, CLIP)
    cfg.INPUT.TRANSFORMS = ["random_resized_crop", "random_flip", "normalize"]
    built = build_transform(cfg, is_train=is_train)
    assert isinstance(built.transforms[-1], ToNormalizedTensor)
    bicubic = T.InterpolationMode.BICUBIC
    crop = [T.RandomResizedCrop((32, 32), interpolation=bicubic), T.RandomHorizontalFlip()]
    resize = [T.Resize(32, bicubic), T.CenterCrop((32, 32))]
    both = [T.ToTensor(), T.Normalize(*CLIP)]
    plain = T.Compose([*(crop if is_train else resize), *both])
    for seed in range(5):
        image = picture((60 + seed, 50), seed=seed)
        results = []
        for transform in (built, plain):
            torch.manual_seed(seed)
            results.append((transform(image), torch.rand(1)))
        assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
