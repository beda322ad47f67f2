"""The best epoch is never chosen on test pictures."""

import pytest

from rada.datasets.caltech101 import Caltech101
from tests.trainers.test_fine_tuning import BUILD, SHORT


@pytest.mark.parametrize("name", ["FT", "RAdaFT"])
def test_the_best_epoch_is_chosen_on_pictures_of_their_own(name, run_train, tmp_path):
    trainer = run_train(name, tmp_path, *SHORT, "TEST.FINAL_MODEL", "best_val")
    data = trainer.dm.dataset
    parts = [{item.impath for item in part} for part in (data.train_x, data.val, data.test)]
    assert parts[1] and not parts[0] & parts[1] and not parts[1] & parts[2]
    assert "val/accuracy" in trainer.metrics and "test/accuracy" in trainer.metrics


@pytest.fixture
def validation_is_the_test(monkeypatch):
    """As ImageNet's readers have it."""
    splits = Caltech101.read_splits

    def as_imagenet(self):
        train, _, test = splits(self)
        return train, test, test

    monkeypatch.setattr(Caltech101, "read_splits", as_imagenet)


def test_the_seed_decides_which_are_held_out(validation_is_the_test, run_train, tmp_path):
    """All images are there, so that no draw of few shots has a part in it."""
    options = "TEST.FINAL_MODEL", "best_val", "TRAIN.HOLD_OUT", "0.3", "DATASET.NUM_SHOTS", "-1"
    held = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        trainer = run_train("FT", folder, *options, "SEED", str(seed), arguments=BUILD)
        held.append([item.impath for item in trainer.dm.dataset.val])
    assert held[0] == held[1] and len(held[0]) == len(held[2])
    assert set(held[0]) != set(held[2])


def test_where_validation_is_the_test_training_pictures_are_held_out(
    validation_is_the_test, run_train, tmp_path
):
    best = ("TEST.FINAL_MODEL", "best_val", "TRAIN.HOLD_OUT", "0.3")
    trainer = run_train("FT", tmp_path, *best, arguments=BUILD)
    data = trainer.dm.dataset
    held, kept = ([item.label for item in part] for part in (data.val, data.train_x))
    assert sorted(held) == [0, 1, 2, 3] and sorted(kept) == sorted([0, 1, 2, 3] * 3)
    assert {item.impath for item in data.val}.isdisjoint(item.impath for item in data.test)
    assert len(trainer.val_loader.dataset) == 4 and len(trainer.train_loader_x.dataset) == 12
