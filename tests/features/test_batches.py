"""Batches of features are those of pictures, with features in their place."""

from collections import Counter
from types import SimpleNamespace

import torch
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler, default_collate

from rada.features.batches import FeatureBatches, batches_like

ITEMS = [SimpleNamespace(label=i % 3, domain=i % 2, impath=f"{i}.jpg") for i in range(10)]


class Pictures(torch.utils.data.Dataset):
    """Pictures whose features are their number."""

    def __len__(self):
        return len(ITEMS)

    def __getitem__(self, index):
        item = ITEMS[index]
        other = {"label": item.label, "domain": item.domain, "impath": item.impath}
        return {**other, "index": index, "img": torch.full((2,), float(index))}


def shards(views: int = 1) -> list[torch.Tensor]:
    """Of three rows; each row is the picture's number and the view's."""
    rows = [[float(i), float(v)] for i in range(10) for v in range(views)]
    rows = [[i, i] for i, _ in rows] if views == 1 else rows
    return list(torch.tensor(rows).split(3))


def pictures(sampler, drop_last: bool = False) -> DataLoader:
    return DataLoader(Pictures(), 4, sampler=sampler(Pictures()), drop_last=drop_last)


def test_same_batches_as_of_pictures():
    """Keys, types, values and order, in training and in a test."""
    for sampler, drop_last in ((RandomSampler, True), (SequentialSampler, False)):
        loader = pictures(sampler, drop_last)
        torch.manual_seed(1)
        expected = [*loader, *loader]
        torch.manual_seed(1)
        features = batches_like(loader, FeatureBatches(ITEMS, shards))
        found = [*features, *features]
        assert len(features) == len(loader) and len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            assert list(ours) == list(theirs)
            assert ours.pop("impath") == theirs.pop("impath")
            for name, tensor in theirs.items():
                assert torch.equal(ours[name], tensor) and ours[name].dtype == tensor.dtype


def test_keys_are_those_of_default_collate():
    assert list(FeatureBatches(ITEMS, shards).__getitems__([1])) == list(
        default_collate([Pictures()[1]])
    )


def test_a_view_is_drawn_for_each_picture():
    loader = batches_like(pictures(SequentialSampler), FeatureBatches(ITEMS, lambda: shards(4), 4))
    torch.manual_seed(0)
    seen = torch.cat([batch["img"] for _ in range(200) for batch in loader])
    torch.manual_seed(0)
    again = torch.cat([batch["img"] for _ in range(200) for batch in loader])
    assert torch.equal(seen, again)
    assert torch.equal(seen[:, 0], torch.arange(10.0).repeat(200))  # of the right picture
    counts = Counter(map(tuple, seen.tolist()))
    assert len(counts) == 40 and all(25 <= count <= 80 for count in counts.values())


def test_features_are_opened_when_they_are_asked_for_and_once():
    opened = []
    features = FeatureBatches(ITEMS, lambda: opened.append(1) or shards())
    loader = batches_like(pictures(SequentialSampler), features)
    assert not opened
    assert [*loader, *loader] and opened == [1]
