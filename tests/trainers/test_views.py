"""Views of a test picture: what they are, and that they are its own."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms as T
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from rada.data import registry as datasets_registry
from rada.data.pictures import path_below, root_of
from rada.test_time import augmix
from rada.test_time.views import ReproducibleWrapper, Views, with_augmix

pytestmark = pytest.mark.numerical


@pytest.fixture
def cfg(tmp_path) -> CfgNode:
    datasets_registry.register_all()
    cfg = get_cfg_default()
    cfg.INPUT.SIZE, cfg.INPUT.TRANSFORMS = (24, 24), ("normalize",)
    cfg.INPUT.PIXEL_MEAN, cfg.INPUT.PIXEL_STD = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
    cfg.INPUT.INTERPOLATION = "bicubic"
    cfg.TEST.VIEWS, cfg.TEST.AUGMIX = 64, "off"
    cfg.DATASET.NAME, cfg.DATASET.ROOT, cfg.SEED = "ImageNetA", str(tmp_path), 1
    return cfg


@pytest.fixture
def picture() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((90, 60), Image.Resampling.BICUBIC)


def test_the_first_view_is_the_test_picture_and_the_others_are_torchvisions_crops(cfg, picture):
    torch.manual_seed(5)
    views = Views(cfg)(picture)
    assert views.shape == (64, 3, 24, 24) and views.dtype == torch.float32
    normalize = T.Normalize(cfg.INPUT.PIXEL_MEAN, cfg.INPUT.PIXEL_STD)
    bicubic = T.InterpolationMode.BICUBIC
    first = T.Compose([T.Resize(24, bicubic), T.CenterCrop(24), T.ToTensor(), normalize])
    torch.testing.assert_close(views[0], first(picture), rtol=0, atol=1e-6)
    crop = T.Compose([T.RandomResizedCrop(24), T.RandomHorizontalFlip(), T.ToTensor(), normalize])
    torch.manual_seed(5)
    for view in views[1:]:
        torch.testing.assert_close(view, crop(picture), rtol=0, atol=1e-6)


def test_a_picture_alone_is_its_only_view(cfg, picture):
    cfg.TEST.VIEWS = 1
    assert Views(cfg)(picture).shape == (1, 3, 24, 24)


@pytest.mark.parametrize(
    "dataset, asked, on",
    [
        ("ImageNetA", "auto", False),
        ("ImageNet", "auto", False),
        ("ObjectNet", "auto", False),
        ("Caltech101", "auto", True),
        ("Tints", "auto", True),
        ("ImageNetA", "on", True),
        ("Caltech101", "off", False),
    ],
)
def test_augmix_is_for_fine_grained_datasets_unless_told(dataset, asked, on, cfg):
    cfg.DATASET.NAME, cfg.TEST.AUGMIX = dataset, asked
    assert with_augmix(cfg) == on


class Item:
    """Of a dataset."""

    def __init__(self, path, label=0):
        self.impath, self.label, self.domain = str(path), label, 0


def test_views_depend_on_seed_and_path_only(cfg, picture, tmp_path):
    items = [Item(tmp_path / "set" / f"{name}.png") for name in "abc"]
    (tmp_path / "set").mkdir()
    for item in items:
        picture.save(item.impath)

    def views(cfg, items) -> dict[str, torch.Tensor]:
        wrapper = ReproducibleWrapper(cfg, items, transform=Views(cfg), is_train=False)
        return {wrapper[i]["impath"]: wrapper[i]["img"] for i in range(len(items))}

    first, after = views(cfg, items), torch.rand(3)
    second = views(cfg, items[::-1][:2])
    for path, tensor in second.items():
        assert torch.equal(tensor, first[path])
    assert not torch.equal(*[first[item.impath] for item in items[:2]])
    cfg.SEED = 2
    assert not torch.equal(views(cfg, items)[items[0].impath], first[items[0].impath])
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    views(cfg, items)
    assert torch.equal(torch.rand(3), expected)  # the program's own randomness goes on as it was
    assert after.shape == (3,)


def test_paths_are_those_below_the_root():
    assert path_below("/data", "/data/dtd/images/a.jpg") == "dtd/images/a.jpg"
    assert path_below("/data/", "/data/./dtd/a.jpg") == "dtd/a.jpg"


@pytest.mark.parametrize(
    "folder, root, expected",
    [
        ("/data/dtd", "/data/", "/data"),
        ("/data/my/birds", "/data", "/data"),
        ("/data", "/data", "/data"),
        ("/pets/birds", "/data", "/pets"),
        ("/data2/birds", "/data", "/data2"),
    ],
)
def test_pictures_are_named_from_the_root_or_from_what_holds_their_folder(folder, root, expected):
    assert root_of(folder, root) == expected


def test_augmix_stays_near_the_picture(picture):
    """Means over many mixtures: values stay pixels, and near those of the picture."""
    torch.manual_seed(0)
    picture = picture.resize((24, 24))
    pixels = np.asarray(picture, np.float32)
    mixed = np.stack([augmix.augmix(picture) for _ in range(200)])
    assert mixed.dtype == np.float32 and mixed.min() > -1e-3 and mixed.max() < 255.001
    assert np.abs(mixed.mean(0) - pixels).mean() < 25
    assert mixed.std(0).mean() > 1


@pytest.mark.parametrize("operation", augmix.OPERATIONS)
def test_each_operation_is_mild(operation, picture):
    picture = picture.resize((224, 224))
    for seed in range(5):
        torch.manual_seed(seed)
        changed = operation(picture)
        assert changed.size == picture.size and changed.mode == "RGB"
        gap = np.abs(np.asarray(changed, float) - np.asarray(picture, float)).mean()
        assert gap < 60


def test_levels_are_a_tenth_to_one_of_ten():
    torch.manual_seed(0)
    levels = [augmix.level(30) for _ in range(1000)]
    assert 0.3 <= min(levels) < 0.35 and 2.95 < max(levels) <= 3.0
