"""Batches are those of default_collate, also through workers, and outlive what made them."""

import pytest
import torch
from torch.utils.data import DataLoader, default_collate

from dassl.data import DataManager, collation
from dassl.data.collation import Items, collate


def same(found, expected):
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert type(found[key]) is type(value), key
        if isinstance(value, torch.Tensor):
            assert found[key].dtype == value.dtype, key
            assert found[key].is_contiguous()
            assert torch.equal(found[key], value), key
        else:
            assert found[key] == value, key


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("untouched", [False, True])
def test_batches_are_those_of_default_collate(workers, untouched, cfg):
    cfg.DATALOADER.NUM_WORKERS, cfg.DATALOADER.RETURN_IMG0 = workers, untouched
    loader = DataManager(cfg).test_loader
    batches = list(loader)  # all kept: no batch may share memory with a later one
    items = [loader.dataset[index] for index in range(len(loader.dataset))]
    assert len(batches) == 3
    for number, batch in enumerate(batches):
        same(batch, default_collate(items[5 * number : 5 * number + 5]))


def test_views_of_any_type_and_layout():
    pictures = torch.arange(48, dtype=torch.uint8).view(2, 4, 2, 3).permute(0, 3, 1, 2)
    items = [{"img": picture, "label": 1, "note": "a"} for picture in pictures]
    same(collate(Items(items, [1, 0])), default_collate([items[1], items[0]]))
    same(collate(items), default_collate(items))


@pytest.mark.parametrize("second", [torch.zeros(3, 2, 5), torch.zeros(3, 2, 4, dtype=torch.int)])
def test_pictures_that_differ_are_an_error(second):
    items = [{"img": torch.zeros(3, 2, 4)}, {"img": second}]
    with pytest.raises(ValueError, match="pictures of one batch are .* and .*; make the transform"):
        collate(Items(items, [0, 1]))


def test_loaders_with_the_default_collate_get_each_item_once(cfg):
    """A plugin may put the wrapper into a loader of its own; augmentation is random."""
    wrapper = DataManager(cfg).train_loader_x.dataset
    made = []
    transform = wrapper.transform
    wrapper.transform = lambda image: made.append(transform(image)) or made[-1]
    (batch,) = DataLoader(wrapper, batch_size=len(wrapper))
    assert len(made) == len(wrapper)
    assert torch.equal(batch["img"], torch.stack(made))


@pytest.mark.parametrize("workers", [0, 2])
def test_systems_without_files_in_memory_get_the_same(workers, cfg, monkeypatch):
    cfg.DATALOADER.NUM_WORKERS = workers
    expected = list(DataManager(cfg).test_loader)
    monkeypatch.setattr(collation, "CAN_SHARE_FILES", False)  # workers are forked: they see it
    for found, batch in zip(DataManager(cfg).test_loader, expected, strict=True):
        same(found, batch)
