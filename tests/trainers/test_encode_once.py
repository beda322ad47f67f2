"""FEATURES.CACHE: the same numbers as with pictures, and no picture encoded twice."""

import pytest
import torch

from dassl.data import data_manager
from rada.engine import registry as trainers_registry
from rada.features import folder
from tests.trainers.caching import BY_STEPS, CROPS, learned
from tests.trainers.test_every_trainer import BUILD, LEARN, OURS

# what the issue asks for; the trainers themselves know of no such list
ENCODED_ONCE = {
    *("ZeroshotCLIP", "LinearProbe", "CoOp", "CoCoOp", "ProGrad", "KgCoOp", "DePTCoOp"),
    *("CLIPAdapter", "Adapter", "RAda", "RAdaCoOp", "RAdaCoCoOp", "RAdaKgCoOp", "RAdaCLIPAdapter"),
    "RAdaAdapter",
}
SHORT = ("OPTIM.MAX_EPOCH", "2", "DATALOADER.TEST.BATCH_SIZE", "7")


@torch.no_grad()
def logits_of(trainer) -> torch.Tensor:
    """Of the test set, in the batches of its loader."""
    trainer.set_model_mode("eval")
    return torch.cat([trainer.model(batch["img"]).logits for batch in trainer.test_loader])


@pytest.mark.parametrize("name", sorted(ENCODED_ONCE))
def test_tests_are_the_same_bit_for_bit(name, run_train, cached, tmp_path):
    """Trained with the cache; logits and results of that run and of a test without it are equal."""
    with_cache = run_train(name, tmp_path / "a", *SHORT, *cached)
    arguments = ("--eval-only", "--model-dir", str(tmp_path / "a"))
    without = run_train(name, tmp_path / "b", *SHORT, arguments=arguments)
    assert with_cache.features.active and not without.features.active
    assert next(iter(with_cache.test_loader))["img"].shape == (7, 32)
    assert torch.equal(logits_of(with_cache), logits_of(without))
    tests = {key: value for key, value in with_cache.metrics.items() if key.startswith("test/")}
    assert tests == without.metrics


@pytest.mark.parametrize("name", ["RAda", "CoOp"])
@pytest.mark.parametrize("loop", [(), BY_STEPS])
def test_a_model_trained_on_pictures_is_tested_on_features(loop, name, run_train, cached, tmp_path):
    on_pictures = run_train(name, tmp_path / "a", *SHORT, *loop)
    arguments = ("--eval-only", "--model-dir", str(tmp_path / "a"))
    on_features = run_train(name, tmp_path / "b", *SHORT, *loop, *cached, arguments=arguments)
    assert torch.equal(logits_of(on_pictures), logits_of(on_features))
    tests = {key: value for key, value in on_pictures.metrics.items() if key.startswith("test/")}
    assert tests == on_features.metrics


@pytest.mark.parametrize("precision", ["fp16", "bf16", "amp"])
def test_in_half_precision_too(precision, run_train, cached, tmp_path):
    options = *SHORT, "TRAINER.ZEROSHOTCLIP.PREC", precision
    runs = [run_train("ZeroshotCLIP", tmp_path / f"{len(o)}", *options, *o) for o in ((), cached)]
    assert torch.equal(logits_of(runs[0]), logits_of(runs[1]))
    assert runs[0].metrics == runs[1].metrics


def test_with_workers_and_many_shards_too(run_train, cached, encoded, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "ROWS", 7)
    on_pictures = run_train("ZeroshotCLIP", tmp_path / "a", *SHORT)
    workers = ("DATALOADER.NUM_WORKERS", "2")
    on_features = run_train("ZeroshotCLIP", tmp_path / "b", *SHORT, *cached, *workers)
    assert sorted(encoded) == [3, 7, 7, 7]
    assert torch.equal(logits_of(on_pictures), logits_of(on_features))


@pytest.mark.parametrize("name", ["RAda", "CoOp", "CLIPAdapter"])
@pytest.mark.parametrize("loop", [(), BY_STEPS])
def test_training_on_the_centre_view_is_the_same_bit_for_bit(
    loop, name, run_train, cached, tmp_path, monkeypatch
):
    """As on pictures that are trained on in the transform of the test.

    They are encoded as many at a time as a step takes: the last digits depend on that.
    """
    build = data_manager.build_transform
    monkeypatch.setattr(
        data_manager, "build_transform", lambda cfg, is_train=True: build(cfg, is_train=False)
    )
    options = *SHORT, *loop, "DATALOADER.TEST.BATCH_SIZE", "4"
    on_pictures = run_train(name, tmp_path / "a", *options)
    on_features = run_train(name, tmp_path / "b", *options, *cached)
    pictures, features = learned(on_pictures), learned(on_features)
    assert all(torch.equal(pictures[key], features[key]) for key in pictures)
    assert on_pictures.metrics == on_features.metrics


def test_trainers_seeds_and_runs_share_features(run_train, cached, encoded, tmp_path):
    """Ten-odd pictures a class are all the training pictures here, so that seeds have the same."""
    options = (*SHORT, *CROPS, *cached, "DATASET.NUM_SHOTS", "-1", "FEATURES.AUGMENTATIONS", "2")
    trainer = run_train("RAda", tmp_path / "a", *options)
    train, test = len(trainer.dm.dataset.train_x), len(trainer.dm.dataset.test)
    assert encoded == [2 * train, test]
    run_train("CoOp", tmp_path / "b", *options)
    run_train("RAda", tmp_path / "c", *options, arguments=("--seed", "2"))
    run_train("RAda", tmp_path / "d", *options, *BY_STEPS)
    assert encoded == [2 * train, test]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_trainer_takes_the_option(name, run_train, cached, encoded, tmp_path, capsys):
    """Those that encode pictures anew say why."""
    trainer = run_train(name, tmp_path, *cached, arguments=BUILD)
    assert trainer.features.active == (name in ENCODED_ONCE) and encoded == []
    told = f"FEATURES.CACHE: {name} encodes pictures anew: "
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("FEATURES.CACHE: ")]
    assert lines == [] if name in ENCODED_ONCE else lines[0].startswith(told) and len(lines) == 1


@pytest.mark.parametrize("name", ["MaPLe", "FT", "MMA", "TPT"])
def test_those_that_encode_anew_run_as_ever(name, run_train, cached, encoded, tmp_path):
    first = run_train(name, tmp_path / "a", "OPTIM.MAX_EPOCH", "1")
    second = run_train(name, tmp_path / "b", "OPTIM.MAX_EPOCH", "1", *cached)
    assert first.metrics == second.metrics and encoded == []
    if name in LEARN and not OURS[name].adaptation:
        assert first.checkpoints.metadata() == second.checkpoints.metadata()


def test_no_trainer_is_forgotten():
    assert trainers_registry.registered().keys() >= ENCODED_ONCE
