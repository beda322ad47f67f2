"""Runs with FEATURES.CACHE: options, how much is encoded, where to stop them."""

import pytest
import torch

from rada.engine.trainer import CLIPTrainer
from rada.features import cache

CROPS = ("INPUT.TRANSFORMS", "('random_resized_crop','random_flip','normalize')")
BY_STEPS = ("TRAIN.LOOP", "steps")


class Stop(Exception):
    """Ends a run in the middle."""


@pytest.fixture
def cached(tmp_path):
    """Options of a run with the cache."""
    return "FEATURES.CACHE", "True", "FEATURES.FOLDER", str(tmp_path / "features")


@pytest.fixture
def encoded(monkeypatch):
    """The number of views in each shard that was made."""
    numbers, encode = [], cache.encode

    def count(*args, **kwargs):
        for rows, features in encode(*args, **kwargs):
            numbers.append(len(features))
            yield rows, features

    monkeypatch.setattr(cache, "encode", count)
    return numbers


def stop_at(number: int, monkeypatch) -> None:
    """Let the training step of this number, from 1, raise Stop."""
    steps, whole = [], CLIPTrainer.forward_backward

    def forward_backward(self, batch):
        steps.append(batch)
        if len(steps) == number:
            raise Stop
        return whole(self, batch)

    monkeypatch.setattr(CLIPTrainer, "forward_backward", forward_backward)


def learned(trainer) -> dict[str, torch.Tensor]:
    """All learned tensors by name."""
    return {
        f"{name}.{key}": value
        for name, module in trainer._models.items()
        for key, value in module.state_dict().items()
        if isinstance(value, torch.Tensor)
    }
