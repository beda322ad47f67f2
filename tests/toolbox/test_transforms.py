"""Transforms give Dassl's pixels and lines, training ones from the same random numbers."""

import numpy as np
import PIL
import pytest
import torch
from PIL import Image

from dassl.config import get_cfg_default
from dassl.data.transforms import AVAI_CHOICES, build_transform
from dassl.utils import set_random_seed

from .conftest import CLIP_MEAN, CLIP_STD

pytestmark = pytest.mark.numerical

CASES = {"bicubic32": ((32, 32), "bicubic"), "bilinear24x32": ((24, 32), "bilinear")}
ON_IMAGES = ("random_resized_crop", "random_flip", "normalize")


def config(name="bicubic32", transforms=ON_IMAGES):
    cfg = get_cfg_default()
    cfg.INPUT.SIZE, cfg.INPUT.INTERPOLATION = CASES[name]
    cfg.INPUT.TRANSFORMS = transforms
    cfg.INPUT.PIXEL_MEAN, cfg.INPUT.PIXEL_STD = CLIP_MEAN, CLIP_STD
    return cfg


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("picture", [0, 1])
def test_pixels_are_dassls(name, picture, golden):
    arrays = golden("dassl_transforms.npz")
    same_pillow = arrays["meta"]["pillow"] == PIL.__version__
    steps = 1e-5 if same_pillow else 1.01 / 255 / min(CLIP_STD)  # another Pillow may round
    image = Image.fromarray(arrays[f"image{picture}"])
    for kind in ("test", "train"):
        transform = build_transform(config(name), is_train=kind == "train")
        set_random_seed(9)
        found = transform(image).numpy()
        np.testing.assert_allclose(found, arrays[f"{name}.{kind}{picture}"], rtol=0, atol=steps)


@pytest.mark.parametrize("choice", AVAI_CHOICES)
def test_every_choice_builds_and_keeps_the_size(choice, capsys):
    cfg = config(transforms=(choice,))
    image = Image.effect_noise((40, 48), 60).convert("RGB")
    for is_train in (True, False):
        result = build_transform(cfg, is_train)(image)
        assert result.shape == (3, 32, 32)
        assert torch.isfinite(result).all()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Building transform_train"
    assert "Building transform_test" in lines
    assert "+ to torch tensor of range [0, 1]" in lines


@pytest.mark.parametrize("choice", sorted(set(AVAI_CHOICES) - {"normalize", "center_crop"}))
def test_every_random_choice_changes_the_picture(choice):
    """In a few tries at least, against the picture only resized."""
    image = Image.effect_noise((32, 32), 60).convert("RGB")
    image.putpixel((0, 0), (255, 0, 0))
    image = Image.merge(
        "RGB",
        [
            band.point(lambda v, k=k: v // k)
            for k, band in zip((1, 2, 3), image.split(), strict=True)
        ],
    )
    set_random_seed(1)
    untouched = build_transform(config(transforms=()))(image)
    transform = build_transform(config(transforms=(choice,)))
    assert any(not torch.equal(transform(image), untouched) for _ in range(20))


def test_no_transform(capsys):
    cfg = config()
    cfg.INPUT.NO_TRANSFORM = True
    assert build_transform(cfg) is None
    assert capsys.readouterr().out == "Note: no transform is applied!\n"


def test_choices_replace_the_configs(capsys):
    build_transform(config(), choices=["random_crop"])
    assert "+ random crop (padding = 4)" in capsys.readouterr().out


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(ValueError, match=r"do you mean \[random_flip\]"):
        build_transform(config(transforms=("random_flp",)))
    cfg = config()
    cfg.INPUT.INTERPOLATION = "bicubik"
    with pytest.raises(ValueError, match=r"do you mean \[bicubic\]"):
        build_transform(cfg)


def test_cutout_blackens_one_square():
    """Of 16 by 16 pixels, less where it reaches over the border."""
    transform = build_transform(config(transforms=("cutout",)))
    white = Image.new("RGB", (32, 32), "white")
    set_random_seed(2)
    for _ in range(30):
        black = transform(white).eq(0)
        height, width = black[0].any(1).sum(), black[0].any(0).sum()
        assert black.sum() == 3 * height * width
        assert 8 <= height <= 16
        assert 8 <= width <= 16


def test_instance_norm_standardises_each_channel():
    image = Image.effect_noise((32, 32), 60).convert("RGB")
    result = build_transform(config(transforms=("instance_norm",)), is_train=False)(image)
    assert result.mean((1, 2)).abs().max() < 1e-5
    assert (result.std((1, 2)) - 1).abs().max() < 1e-5
