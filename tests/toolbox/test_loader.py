"""What a loader gives, samplers' orders, and how broken input ends."""

import shutil

import pytest
import torch

from dassl.data import DataManager, DatasetWrapper, build_data_loader
from dassl.data.samplers import build_sampler
from dassl.utils import set_random_seed

from .conftest import Synth


class Item:
    """A stand-in for Datum that needs no file."""

    def __init__(self, label, domain):
        self.label, self.domain = label, domain


# 27 items of six classes (class 9 has two) and three domains
ITEMS = [Item(i * 7 % 5 if i < 25 else 9, i % 3) for i in range(27)]
# length (that of a first draw) and order, from Dassl's own samplers after set_random_seed(4)
ORDERS = {
    ("RandomDomainSampler", 2): (
        18,
        "12 24 15 17 5 20 26 14 8 7 10 22 19 13 1 6 18 21 11 23 2 3 9 0",
    ),
    ("RandomDomainSampler", 0): (
        24,
        "12 3 26 14 1 13 11 23 19 10 15 24 9 0 2 20 22 16 5 17 4 7 6 18",
    ),
    ("SeqDomainSampler", 0): (
        24,
        "12 9 7 13 14 17 0 18 10 22 11 20 6 24 4 19 8 2 21 15 1 16 26 23",
    ),
    ("RandomClassSampler", 0): (18, "23 8 18 26 26 25 21 11 1 15 5 0 4 14 19 22 7 2"),
}


@pytest.mark.parametrize(("name", "n_domain"), ORDERS)
def test_sampler_orders_are_dassls(name, n_domain):
    set_random_seed(4)
    sampler = build_sampler(name, None, ITEMS, batch_size=6, n_domain=n_domain, n_ins=3)
    length, order = ORDERS[name, n_domain]
    assert (len(sampler), list(sampler)) == (length, [int(index) for index in order.split()])


def test_sampler_mistakes_are_named():
    with pytest.raises(ValueError, match="Unknown sampler type: Foo"):
        build_sampler("Foo")
    with pytest.raises(ValueError, match="must be a multiple of 3 domains"):
        build_sampler("SeqDomainSampler", None, ITEMS, batch_size=4)
    with pytest.raises(ValueError, match="batch_size=2 must be no less than n_ins=3"):
        build_sampler("RandomClassSampler", None, ITEMS, batch_size=2, n_ins=3)
    with pytest.raises(ValueError, match="a batch of 8 classes needs as many, got 6"):
        build_sampler("RandomClassSampler", None, ITEMS, batch_size=8, n_ins=1)


def test_several_transforms_and_untouched_picture(cfg):
    cfg.DATALOADER.K_TRANSFORMS = 2
    cfg.DATALOADER.RETURN_IMG0 = True
    manager = DataManager(cfg, custom_tfm_train=(lambda image: "a", lambda image: "b"))
    item = manager.train_loader_x.dataset[3]
    assert (item["img"], item["img2"]) == (["a", "a"], ["b", "b"])
    assert (item["label"], item["domain"], item["index"]) == (0, 1, 3)
    tested = manager.test_loader.dataset[3]
    assert tested["img"].shape == tested["img0"].shape == (3, 32, 32)
    cfg.INPUT.NO_TRANSFORM = True
    with pytest.raises(
        ValueError, match="Cannot augment the image 2 times because transform is None"
    ):
        DataManager(cfg)


def test_custom_wrapper_and_transform_are_used_and_told(cfg, capsys):
    class Wrapper(DatasetWrapper):
        pass

    manager = DataManager(cfg, custom_tfm_test=str, dataset_wrapper=Wrapper)
    assert isinstance(manager.val_loader.dataset, Wrapper)
    assert manager.test_loader.dataset.transform is str
    assert "* Using custom transform for testing" in capsys.readouterr().out


def test_unlabelled_loader_may_have_its_own_settings(cfg, synth):
    synth(train_u=9)
    cfg.DATALOADER.TRAIN_U.BATCH_SIZE = 3
    assert DataManager(cfg).train_loader_u.batch_size == 4
    cfg.DATALOADER.TRAIN_U.SAME_AS_X = False
    assert DataManager(cfg).train_loader_u.batch_size == 3


def test_few_items_make_one_smaller_batch(cfg, synth):
    synth(train_x=3)
    (batch,) = DataManager(cfg).train_loader_x
    assert len(batch["label"]) == 3


def test_no_items_are_an_error(cfg):
    with pytest.raises(ValueError, match="empty list"):
        build_data_loader(cfg, data_source=[])


@pytest.mark.parametrize("workers", [0, 2])
def test_broken_picture_is_named_by_the_loader(workers, cfg, pictures, tmp_path):
    root = tmp_path / "pictures"
    shutil.copytree(pictures, root)
    cfg.DATASET.ROOT, cfg.DATALOADER.NUM_WORKERS = str(root), workers
    manager = DataManager(cfg)
    (root / "7.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match='cannot read picture ".*7.png": .*; replace or remove it'):
        list(manager.test_loader)


def test_workers_repeat_with_the_seed(cfg):
    """Two workers draw from torch's generator: the same seed gives the same pictures."""
    cfg.DATALOADER.NUM_WORKERS = 2
    manager = DataManager(cfg)
    epochs = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        epochs.append(torch.cat([batch["img"] for batch in manager.train_loader_x]))
    assert torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[0], epochs[2])


def test_dataset_summary_is_silent_without_verbose(cfg, capsys):
    cfg.VERBOSE = False
    DataManager(cfg)
    assert "# classes" not in capsys.readouterr().out
    assert Synth(cfg).classnames == ["class 0", "class 1", "class 2"]


@pytest.mark.parametrize("workers", [0, 2])
def test_views_are_collated_like_pictures(workers, cfg):
    """A transform that gives several views of a picture: (B, V, C, H, W)."""
    cfg.DATALOADER.NUM_WORKERS = workers
    views = torch.arange(2 * 3 * 4 * 4.0).view(2, 3, 4, 4)
    manager = DataManager(cfg, custom_tfm_test=lambda image: views + image.getpixel((0, 0))[0])
    for batch in manager.test_loader:
        items = [manager.test_loader.dataset[i]["img"] for i in batch["index"].tolist()]
        assert torch.equal(batch["img"], torch.stack(items))
