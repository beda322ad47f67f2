"""What holds for every trainer that learns at test time."""

import json
import shutil

import pytest
import torch

import train
from dassl.engine import TRAINER_REGISTRY
from rada.engine import registry as trainers_registry
from tests.trainers.adapting import FEW_VIEWS, predictions
from tests.trainers.runs import OPTIONS, command_line

NAMES = [n for n, c in trainers_registry.registered().items() if c.adaptation]


@pytest.mark.parametrize("name", NAMES)
def test_it_reports_and_leaves_the_model_alone(name, adapt, tmp_path):
    """Two tests in a row give the same answers, and the model is what it was."""
    trainer = adapt(name, tmp_path)
    first, before = predictions(tmp_path), trainer.model.state_dict()
    before = {key: tensor.clone() for key, tensor in before.items()}
    results = json.loads((tmp_path / "results.json").read_text())["metrics"]
    assert results.keys() >= {"accuracy", "accuracy_top5", "ece", "macro_f1"}
    hits = [line["label"] == line["prediction"] for line in first.values()]
    assert results["accuracy"] == pytest.approx(100 * sum(hits) / len(hits))
    assert len(hits) == len(trainer.dm.dataset.test)
    assert trainer.test() == results["accuracy"]
    assert predictions(tmp_path) == first
    for key, tensor in trainer.model.state_dict().items():
        assert torch.equal(tensor, before[key]), key


@pytest.mark.numerical
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", NAMES)
def test_order_batches_and_workers_change_no_answer(name, adapt, tmp_path):
    trainer = adapt(name, tmp_path)
    first = predictions(tmp_path)
    trainer.test_loader.dataset.data_source.reverse()
    trainer.test()
    assert {path: line["prediction"] for path, line in predictions(tmp_path).items()} == {
        path: line["prediction"] for path, line in first.items()
    }
    other = adapt(name, tmp_path / "b", "TEST.EPISODES", "5", "DATALOADER.NUM_WORKERS", "2")
    assert other.cfg.TEST.EPISODES == 5
    for path, line in predictions(tmp_path / "b").items():
        assert line["confidence"] == pytest.approx(first[path]["confidence"], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_it_moves(name, adapt, tmp_path):
    """A step changes the confidence that no step would have."""
    adapt(name, tmp_path / "a")
    adapt(name, tmp_path / "b", "TEST.STEPS", "0")
    pairs = zip(*(predictions(tmp_path / run).values() for run in "ab"), strict=True)
    moved = [abs(a["confidence"] - b["confidence"]) for a, b in pairs]
    assert max(moved) > 1e-3


@pytest.mark.parametrize("precision", ["amp", "fp16"])
@pytest.mark.parametrize("name", NAMES)
def test_other_classes_and_half_precision(name, precision, adapt, tmp_path):
    """Prompts and masks fit the new classes, and encoders in half precision."""
    section = TRAINER_REGISTRY.get(name).section
    trainer = adapt(name, tmp_path, f"TRAINER.{section}.PREC", precision, classes="new")
    names = trainer.dm.dataset.classnames
    assert len(names) == 4 and len(predictions(tmp_path)) == len(trainer.dm.dataset.test)


def test_another_seed_sees_other_views(adapt, tmp_path):
    adapt("TPT", tmp_path / "a")
    adapt("TPT", tmp_path / "b", arguments=("--seed", "2"))
    first, second = (predictions(tmp_path / run) for run in "ab")
    assert first.keys() == second.keys() and first != second


def test_pictures_outside_the_root_do_not_depend_on_it(caltech_root, tiny_clip, tmp_path):
    """A dataset in a folder of its own, DATA here and there."""
    for name in ("ant", "barrel"):
        source = caltech_root / "caltech-101" / "101_ObjectCategories" / name
        shutil.copytree(source, tmp_path / "mine" / name)
    custom = ("DATASET.NAME", "Custom", "DATASET.CUSTOM.FOLDER", str(tmp_path / "mine"))
    found = []
    for root in (tmp_path / "a", tmp_path / "b" / "deeper"):
        command = command_line(root, tiny_clip, "TPT", root / "out")
        train.main([*command, *OPTIONS, *FEW_VIEWS, *custom])
        found.append(predictions(root / "out"))
    assert found[0] == found[1]
    assert all(path.startswith("mine/") for path in found[0])


def test_what_a_mask_alone_tunes_stays_tpt_at_first(adapt, tmp_path):
    """TUNE prompt with a fresh mask is TPT."""
    adapt("TPT", tmp_path / "a")
    adapt("RAdaTPT", tmp_path / "b", "TRAINER.RADATPT.TUNE", "prompt")
    assert predictions(tmp_path / "a") == predictions(tmp_path / "b")
    adapt("RAdaTPT", tmp_path / "c", "TRAINER.RADATPT.TUNE", "both")
    assert predictions(tmp_path / "a") != predictions(tmp_path / "c")


@pytest.mark.parametrize("name", ["TPT", "RAdaTPT"])
def test_what_starts_from_words_runs_in_both_halves_of_base_to_new(name, run_train, tmp_path):
    run_train(name, tmp_path / "base", *FEW_VIEWS)
    arguments = ("--eval-only", "--model-dir", str(tmp_path / "base"))
    trainer = run_train(name, tmp_path / "new", *FEW_VIEWS, arguments=arguments, classes="new")
    assert len(predictions(tmp_path / "new")) == len(trainer.dm.dataset.test)
