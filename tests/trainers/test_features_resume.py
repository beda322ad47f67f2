"""A training on features goes on where it was, and only as what it was."""

import pytest
import torch

from rada.features.cache import FixedViews
from tests.trainers.caching import BY_STEPS, CROPS, Stop, learned, stop_at

EPOCHS = ("OPTIM.MAX_EPOCH", "3", *CROPS, "FEATURES.AUGMENTATIONS", "3")
SAVED = (*BY_STEPS, "TRAIN.SAVE_STEPS", "1")


@pytest.mark.parametrize("loop", [(), SAVED])
def test_a_stopped_run_ends_as_an_undisturbed_one(
    loop, run_train, cached, encoded, tmp_path, monkeypatch
):
    """The views that a step sees are the same; the second run finds the first one's features."""
    options = (*EPOCHS, *cached, *loop)
    whole = run_train("RAdaCoOp", tmp_path / "whole", *options)
    with monkeypatch.context() as patch, pytest.raises(Stop):
        stop_at(7, patch)
        run_train("RAdaCoOp", tmp_path / "stopped", *options)
    resumed = run_train("RAdaCoOp", tmp_path / "stopped", *options)
    assert encoded == [48, len(whole.dm.dataset.test)]
    assert all(torch.equal(value, learned(resumed)[key]) for key, value in learned(whole).items())
    assert whole.metrics == resumed.metrics


@pytest.mark.parametrize("loop", [(), SAVED])
@pytest.mark.parametrize(
    "change, words",
    [
        (("FEATURES.AUGMENTATIONS", "2"), "True with AUGMENTATIONS 3, this run has True with"),
        (("FEATURES.CACHE", "False", "FEATURES.AUGMENTATIONS", "1"), "this run has nothing"),
    ],
)
def test_it_does_not_go_on_with_other_features(
    change, words, loop, run_train, cached, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch, pytest.raises(Stop):
        stop_at(7, patch)
        run_train("RAda", tmp_path / "out", *EPOCHS, *cached, *loop)
    with pytest.raises(ValueError, match=f"trained with FEATURES.CACHE = .*{words}"):
        run_train("RAda", tmp_path / "out", *EPOCHS, *cached, *loop, *change)


def test_it_goes_on_in_another_folder_of_features(run_train, cached, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(Stop):
        stop_at(7, patch)
        run_train("RAda", tmp_path / "out", *EPOCHS, *cached)
    moved = ("FEATURES.FOLDER", str(tmp_path / "elsewhere"))
    assert run_train("RAda", tmp_path / "out", *EPOCHS, *cached, *moved).metrics


@pytest.mark.parametrize("loop", [(), BY_STEPS])
def test_views_are_of_their_picture_and_the_same_for_all_seeds(loop, run_train, cached, tmp_path):
    """And a step sees those that are drawn for it."""
    options = (*EPOCHS, *cached, *loop, "DATASET.NUM_SHOTS", "-1")
    seeds = [
        run_train("RAda", tmp_path / s, *options, arguments=("--seed", s, "--no-train"))
        for s in ("1", "2")
    ]
    first, second = (views(trainer) for trainer in seeds)
    assert torch.equal(first, second) and not torch.equal(first[0], first[1])
    batches = [next(iter(trainer.train_loader_x)) for trainer in seeds]
    assert batches[0]["index"].tolist() != batches[1]["index"].tolist()
    rows = torch.cat(seeds[0].train_loader_x.dataset.open()).unflatten(0, (-1, 3))
    for batch in batches:
        seen = (rows[batch["index"]] == batch["img"][:, None]).all(-1)
        assert (seen.sum(1) == 1).all()
        assert ("draw" in batch) == bool(loop)


def views(trainer) -> torch.Tensor:
    """Three views of the first training picture."""
    items = trainer.train_loader_x.dataset.data_source
    cfg, transform = trainer.cfg, trainer.dm.tfm_train
    pictures = FixedViews(cfg, items, transform, 3, trainer.features.pictures_root)
    return torch.stack([pictures[i]["img"] for i in range(3)])
