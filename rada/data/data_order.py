"""Training pictures in an order, and with augmentations, that only seed and epoch decide.

So a run may stop inside an epoch and go on as if it had not, with any number of workers, and
several processes see together what one would see alone.
"""

import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler
from yacs.config import CfgNode

from dassl.data import DataManager, DatasetWrapper


class SeededPictures(DatasetWrapper):
    """Training items (epoch, index); what is random in one is drawn from the seed and these two.

    Items have one more entry, `draw`: an integer from 0 to 2^31 - 1, for random choices of the
    method's own.
    """

    def __getitem__(self, place: tuple[int, int]) -> dict:
        """As Dassl's item of the index."""
        epoch, index = place
        with seeded(place_seed(max(0, self.cfg.SEED), epoch, index)):
            draw = int(torch.randint(2**31, ()))
            return {**super().__getitem__(index), "draw": draw}


class SharedBatches(Sampler[list]):
    """This process's part of every batch, as lists of (epoch, index).

    All pictures are shuffled for each epoch, by seed and epoch; an incomplete last batch is left
    out, unless it is the only one.

    Args:
        number: of pictures.
        size: pictures of a batch, in all processes together.
        seed: of the order.
        rank: number of this process.
        count: of processes.

    Attributes:
        epoch: to come, from 0.
        start: the batch that it starts with; those before are done.

    Raises:
        ValueError: if the processes cannot share a batch equally.
    """

    def __init__(self, number: int, size: int, seed: int, rank: int = 0, count: int = 1):
        self.number, self.size, self.seed = number, min(size, number), seed
        self.rank, self.count = rank, count
        self.epoch = self.start = 0
        if self.size % count:
            raise ValueError(
                f"{count} processes cannot share batches of {self.size} pictures equally; set "
                "DATALOADER.TRAIN_X.BATCH_SIZE to a multiple, of no more than the training pictures"
            )

    def __len__(self) -> int:
        """Batches of a whole epoch."""
        return self.number // self.size

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        generator = torch.Generator().manual_seed(zlib.crc32(f"{self.seed} {self.epoch}".encode()))
        order = torch.randperm(self.number, generator=generator).tolist()
        own = self.size // self.count
        for batch in range(self.start, len(self)):
            first = batch * self.size + self.rank * own
            yield [(self.epoch, index) for index in order[first : first + own]]


def shared_loader(cfg: CfgNode, dm: DataManager, rank: int, count: int) -> DataLoader:
    """The training loader of `TRAIN.LOOP steps`; its batch_sampler is a `SharedBatches`.

    Raises:
        ValueError: for another sampler than RandomSampler, or batches that cannot be shared.
    """
    own, items = cfg.DATALOADER.TRAIN_X, dm.dataset.train_x
    if own.SAMPLER != "RandomSampler":
        raise ValueError(
            f"TRAIN.LOOP steps draws at random; DATALOADER.TRAIN_X.SAMPLER is {own.SAMPLER}: "
            "set it to RandomSampler, or TRAIN.LOOP to epochs"
        )
    old = dm.train_loader_x
    return DataLoader(
        SeededPictures(cfg, items, transform=old.dataset.transform, is_train=True),
        batch_sampler=SharedBatches(len(items), own.BATCH_SIZE, max(0, cfg.SEED), rank, count),
        num_workers=old.num_workers,
        collate_fn=old.collate_fn,
        pin_memory=old.pin_memory,
    )


def place_seed(seed: int, epoch: int, index: int) -> int:
    """The seed of what is random in one picture of one epoch."""
    return zlib.crc32(f"{seed} {epoch} {index}".encode())


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, python's, numpy's and torch's CPU generators start from a seed; then as before."""
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            random.seed(seed)
            np.random.seed(seed)
            torch.default_generator.manual_seed(seed)
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
