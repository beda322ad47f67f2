"""Items into the batch that default_collate makes, at half its cost.

Fresh memory, page by page, is what collation costs. So each picture is copied into its batch as
soon as it is made, and its memory serves the next one; and a worker writes the batch to a file in
memory, which is cheaper than touching as many pages of a shared mapping.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import default_collate, get_worker_info

Item = dict[str, Any]
# Linux, and a PyTorch that has what its own default_collate builds on
CAN_SHARE_FILES = hasattr(os, "memfd_create") and hasattr(
    torch.UntypedStorage, "_new_shared_fd_cpu"
)


class Items(Sequence):
    """The items of a batch: made one by one while they are collated, or, for a collate function
    that asks for one of them by its place, all at once.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]):
        self.dataset, self.indices = dataset, indices
        self.made: list[Item] | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[Item]:
        if self.made is not None:
            return iter(self.made)
        return (self.dataset[index] for index in self.indices)

    def __getitem__(self, place: int) -> Item:
        if self.made is None:
            self.made = list(self)
        return self.made[place]


def collate(items: Items | list[Item]) -> dict[str, Any]:
    """The batch of some items: keys, values and types are those of default_collate.

    Raises:
        ValueError: if the pictures under one key differ in shape or type.
    """
    if not isinstance(items, Items):  # of another dataset: made already, whatever they are
        return default_collate(items)
    pictures: dict[str, Pictures] = {}
    rest: list[Item] = []
    try:
        for item in items:
            for key, value in item.items():
                if isinstance(value, Tensor) and value.dim() >= 3:
                    if key not in pictures:
                        pictures[key] = Pictures(value, len(items))
                    pictures[key].append(value)
            rest.append({key: 0 if key in pictures else value for key, value in item.items()})
        batch = default_collate(rest)
        return {key: pictures[key].batch() if key in pictures else batch[key] for key in batch}
    finally:
        for part in pictures.values():
            part.close()


class Pictures:
    """Pictures (C, H, W), or views (V, C, H, W), copied one by one into a batch of them."""

    def __init__(self, first: Tensor, count: int):
        self.shape, self.dtype, self.filled = (count, *first.shape), first.dtype, 0
        shared = get_worker_info() is not None and CAN_SHARE_FILES
        self.file = os.fdopen(os.memfd_create("batch"), "wb") if shared else None
        self.memory = None if shared else first.new_empty(self.shape)

    def append(self, picture: Tensor) -> None:
        """Copy the next picture."""
        if picture.shape != self.shape[1:] or picture.dtype != self.dtype:
            raise ValueError(
                f"pictures of one batch are {tuple(self.shape[1:])} {self.dtype} and "
                f"{tuple(picture.shape)} {picture.dtype}; make the transform give one size and type"
            )
        if self.file is None:
            self.memory[self.filled] = picture
        else:
            self.file.write(picture.contiguous().view(torch.uint8).numpy())
        self.filled += 1

    def batch(self) -> Tensor:
        """All pictures; in a worker in memory that the main process can share."""
        if self.file is None:
            return self.memory
        self.file.flush()
        storage = torch.UntypedStorage._new_shared_fd_cpu(self.file.fileno(), self.file.tell())
        return torch.empty(0, dtype=self.dtype).set_(storage, 0, self.shape)

    def close(self) -> None:
        """Close the file; a batch made of it stays."""
        if self.file is not None:
            self.file.close()
