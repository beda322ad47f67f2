"""Batches of features that look like those of pictures, at once and without workers."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch = TypeVar("Batch")


class FeatureBatches(Dataset):
    """Whole batches with the toolbox's keys; "img" holds features (B, D) in the place of pictures.

    Args:
        items: the pictures, with label, domain and impath.
        opened: opens or makes the features of all views, picture by picture: shards (n, D) of one
            length, but for the last. It is called when the first batch is asked for.
        views: of each picture; each batch draws them with torch's generator.
    """

    def __init__(self, items: Sequence, opened: Callable[[], list[Tensor]], views: int = 1):
        self.data_source, self.views, self._opened = items, views, opened
        self._shards: list[Tensor] | None = None
        self.labels = torch.tensor([item.label for item in items])
        self.domains = torch.tensor([item.domain for item in items])

    def open(self) -> list[Tensor]:
        """The shards; opened or made at the first call."""
        if self._shards is None:
            self._shards = self._opened()
        return self._shards

    def __len__(self) -> int:
        return len(self.data_source)

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """The batch of these pictures."""
        if self.views == 1:
            return self.batch(indices, [0] * len(indices))
        return self.batch(indices, torch.randint(self.views, (len(indices),)).tolist())

    def batch(self, indices: list[int], views: list[int]) -> dict[str, Any]:
        """The batch of these views of these pictures."""
        shards = self.open()
        size = len(shards[0])
        rows = (index * self.views + view for index, view in zip(indices, views, strict=True))
        return {
            "label": self.labels[indices],
            "domain": self.domains[indices],
            "impath": [self.data_source[index].impath for index in indices],
            "index": torch.tensor(indices),
            "img": torch.stack([shards[row // size][row % size] for row in rows]),
        }


def batches_like(loader: DataLoader, features: FeatureBatches) -> DataLoader:
    """A loader of features with the batches of a loader of the same pictures."""
    return DataLoader(features, batch_sampler=loader.batch_sampler, collate_fn=as_it_is)


def as_it_is(batch: Batch) -> Batch:
    """A batch that is one already."""
    return batch
