"""Order and augmentations of a training by steps depend on seed and epoch alone."""

import random

import numpy as np
import pytest
import torch

from rada.data.data_order import SharedBatches, seeded

BY_STEPS = ("TRAIN.LOOP", "steps")
CROPS = ("INPUT.TRANSFORMS", "('random_resized_crop','random_flip','normalize')")


def test_processes_see_together_what_one_would_see():
    alone = SharedBatches(50, 12, seed=3)
    shared = [SharedBatches(50, 12, seed=3, rank=rank, count=3) for rank in range(3)]
    for sampler in (alone, *shared):
        sampler.epoch = 2
    together = [sum(parts, []) for parts in zip(*shared, strict=True)]
    assert together == list(alone) and len(together) == len(alone) == 4
    assert all(len(part) == 4 for part in shared[0])


def test_going_on_sees_the_rest_of_the_epoch():
    whole, rest = SharedBatches(50, 12, seed=3), SharedBatches(50, 12, seed=3)
    rest.start = 2
    assert list(rest) == list(whole)[2:] and len(rest) == len(whole)


def test_epochs_and_seeds_have_orders_of_their_own():
    sampler = SharedBatches(50, 50, seed=3)
    first = [index for _, index in next(iter(sampler))]
    assert sorted(first) == list(range(50))
    sampler.epoch = 1
    second = [index for _, index in next(iter(sampler))]
    other = [index for _, index in next(iter(SharedBatches(50, 50, seed=4)))]
    assert first != second and first != other and second != other


def test_fewer_pictures_than_a_batch_are_one_batch():
    assert [len(batch) for batch in SharedBatches(5, 12, seed=0)] == [5]


def test_batches_that_cannot_be_shared_equally_are_refused():
    with pytest.raises(ValueError, match="3 processes cannot share batches of 10 pictures"):
        SharedBatches(50, 10, seed=0, count=3)


def test_seeded_leaves_all_generators_as_they_were():
    def draw():
        return random.random(), np.random.rand(), torch.rand(()).item()

    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    expected = draw()
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    with seeded(7):
        inside = draw()
    with seeded(7):
        again = draw()
    assert draw() == expected and inside == again != expected


def pictures_of(trainer, epoch: int) -> torch.Tensor:
    trainer.train_loader_x.batch_sampler.epoch = epoch
    return torch.cat([batch["img"] for batch in trainer.train_loader_x])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_augmentations_are_a_pictures_own(workers, run_train, tmp_path):
    """Whatever else was drawn, and however many workers: same epoch, same crops."""
    options = (*BY_STEPS, *CROPS, "DATALOADER.NUM_WORKERS", workers)
    trainer = run_train("CoOp", tmp_path, *options, arguments=("--no-train",))
    first = pictures_of(trainer, 0)
    torch.manual_seed(99)
    assert torch.equal(pictures_of(trainer, 0), first)
    assert not torch.equal(
        pictures_of(trainer, 1).sum((1, 2, 3)).sort()[0], first.sum((1, 2, 3)).sort()[0]
    )
    reference = run_train("CoOp", tmp_path / "b", *BY_STEPS, *CROPS, arguments=("--no-train",))
    assert torch.equal(pictures_of(reference, 0), first)


def test_another_sampler_is_refused(mistake):
    options = (*BY_STEPS, "DATALOADER.TRAIN_X.SAMPLER", "SequentialSampler")
    assert "DATALOADER.TRAIN_X.SAMPLER is SequentialSampler" in mistake(opts=options)
