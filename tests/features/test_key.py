"""A key changes with everything that features depend on, and with nothing else."""

import pytest
import torch
from torch import nn
from torchvision import transforms as T

from dassl.config import get_cfg_default
from dassl.data.transforms import AVAI_CHOICES, build_transform
from rada.features import key


def layer() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 4)


def test_weights():
    start, moved = key.of_weights(layer()), layer()
    assert key.of_weights(layer()) == start
    with torch.no_grad():
        moved.weight[2, 1] += 1e-6
    found = {start, *map(key.of_weights, (moved, layer().half(), nn.Sequential(layer())))}
    assert len(found) == 4


def tree(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"picture")
    return [str(root / name) for name in names]


def test_pictures_are_known_wherever_they_lie(tmp_path):
    names = "pets/a.jpg", "pets/b.jpg"
    found = [key.of_pictures(tree(root, *names), str(root)) for root in (tmp_path / "x", tmp_path)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "names, changed",
    [
        (("pets/b.jpg", "pets/a.jpg"), {"pictures"}),
        (("pets/a.jpg",), {"pictures", "file sizes"}),
        (("pets/a.jpg", "dogs/b.jpg"), {"pictures"}),
    ],
)
def test_other_pictures(names, changed, tmp_path):
    first = key.of_pictures(tree(tmp_path, "pets/a.jpg", "pets/b.jpg"), str(tmp_path))
    other = key.of_pictures(tree(tmp_path, *names), str(tmp_path))
    assert {name for name in first if first[name] != other[name]} == changed


def test_a_file_of_another_size(tmp_path):
    paths = tree(tmp_path, "a.jpg")
    first = key.of_pictures(paths, str(tmp_path))
    (tmp_path / "a.jpg").write_bytes(b"another picture")
    other = key.of_pictures(paths, str(tmp_path))
    assert {name for name in first if first[name] != other[name]} == {"file sizes"}


def words(is_train: bool, *choices: str, **settings) -> str:
    cfg = get_cfg_default()
    for name, value in {"TRANSFORMS": choices, **settings}.items():
        cfg.INPUT[name] = value
    return key.of_transform(build_transform(cfg, is_train))


@pytest.mark.parametrize("choice", AVAI_CHOICES)
def test_every_transform_is_told_by_its_settings(choice):
    """Not by where it lies in memory."""
    assert words(True, choice) == words(True, choice)
    assert " at 0x" not in words(True, choice)
    assert choice == "center_crop" or words(True, choice) != words(True)


def test_transforms():
    changes = [
        words(False),
        words(True),
        words(False, "normalize"),
        words(False, "normalize", PIXEL_MEAN=[0.5, 0.5, 0.5]),
        words(False, INTERPOLATION="bicubic"),
        words(False, SIZE=(32, 32)),
        words(True, "random_resized_crop"),
        words(True, "random_resized_crop", RRCROP_SCALE=(0.9, 1.0)),
        words(True, "gaussian_noise"),
        words(True, "gaussian_noise", GN_STD=0.3),
    ]
    assert len(set(changes)) == len(changes)
    assert words(False, "random_flip") == words(False)  # the test's own view has none


class Own:
    """A transform of somebody's own, without words."""

    def __init__(self, setting, function=None):
        self.setting, self.function = setting, function

    def __call__(self, image):
        return image


class OwnModule(torch.nn.Module):
    def __init__(self, setting):
        super().__init__()
        self.setting = setting


def test_transforms_of_ones_own_are_told_apart_and_the_same_in_every_process():
    told = [
        Own(1),
        Own(2),
        OwnModule(1),
        OwnModule(2),
        Own(torch.zeros(3)),
        Own(torch.ones(3)),
        Own([Own(1)]),
        Own([Own(2)]),
        Own(1, function=words),
        Own(1, function=test_transforms),
        T.Lambda(words),
        T.Lambda(test_transforms),
        T.RandomApply([Own(1)]),
        T.RandomApply([Own(2)]),
    ]
    described = [key.of_transform(transform) for transform in told]
    assert len(set(described)) == len(told)
    assert not any(" at 0x" in words for words in described)


def test_digest():
    first = {"image encoder": "a", "precision": "fp32"}
    assert key.digest_of(first) == key.digest_of(dict(reversed(first.items())))
    assert key.digest_of(first) != key.digest_of(first | {"precision": "fp16"})
