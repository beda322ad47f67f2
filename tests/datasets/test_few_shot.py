"""Splits, picks and halves of classes are CoOp's (golden numbers of its own functions)."""

import json
import random

import pytest

from dassl.config import get_cfg_default
from dassl.data.datasets import Datum
from dassl.utils import set_random_seed
from datasets.caltech101 import Caltech101
from datasets.splits import read_split, save_split, split_folders, subsample_classes


@pytest.fixture
def items(tmp_path):
    """Make a list of Datum from labels; each has a file of its own."""

    def make(labels, prefix="x"):
        paths = [tmp_path / f"{prefix}{i}.jpg" for i in range(len(labels))]
        for path in paths:
            path.touch()
        return [
            Datum(str(path), label, classname=f"class {label}")
            for path, label in zip(paths, labels, strict=True)
        ]

    return make


def index_of(items, among):
    order = {item.impath: i for i, item in enumerate(among)}
    return [order[item.impath] for item in items]


def test_halves_of_classes_equal_coop(items, golden, capsys):
    for case in golden("dassl_subsample.json")["cases"]:
        train, test = items(case["train_labels"], "a"), items(case["test_labels"], "b")
        found = subsample_classes(train, test, subsample=case["subsample"])
        assert capsys.readouterr().out.splitlines() == case["printed"]
        for new, old, name in zip(found, (train, test), ("train", "test"), strict=True):
            assert index_of(new, old) == case[f"{name}_index"]
            assert [item.label for item in new] == case[f"{name}_new"]
        assert [item.classname for item in found[0]] == case["train_classnames"]


def test_folder_splits_equal_coop(tmp_path, golden, capsys):
    data = golden("dassl_splits.json")
    for folder, size in data["class_sizes"].items():
        (tmp_path / folder).mkdir()
        for i in range(size):
            (tmp_path / folder / f"image_{i + 1:04d}.jpg").touch()
        (tmp_path / folder / ".hidden").touch()
    renamed = {"p_trn": "p_train", "new_cnames": "names"}
    for case in data["cases"]:
        set_random_seed(case["seed"])
        arguments = {renamed.get(k, k): v for k, v in case["args"].items()}
        splits = split_folders(str(tmp_path), **arguments)
        assert capsys.readouterr().out.splitlines() == case["printed"]
        for name, split in zip(("train", "val", "test"), splits, strict=True):
            found = [[i.impath.removeprefix(f"{tmp_path}/"), i.label, i.classname] for i in split]
            assert found == case[name]


def test_saved_split_has_coops_format_and_reads_back(items, tmp_path, golden):
    splits = tuple(items([0, 1, 2], prefix) for prefix in "abc")
    path = tmp_path / "split.json"
    save_split(splits, str(path), str(tmp_path))
    assert json.loads(path.read_text())["val"] == [[f"b{i}.jpg", i, f"class {i}"] for i in range(3)]
    expected = golden("dassl_splits.json")["saved_split_text"]
    assert path.read_text().splitlines()[:3] == expected.splitlines()[:3]  # indentation
    again = read_split(str(path), str(tmp_path))
    assert [[i.impath for i in s] for s in again] == [[i.impath for i in s] for s in splits]


def test_broken_split_file_is_named(tmp_path):
    (tmp_path / "split.json").write_text('{"train": []}')
    with pytest.raises(ValueError, match="split.json is not a split file"):
        read_split(str(tmp_path / "split.json"), "")


def caltech(root, seed=1, shots=4, classes="all"):
    cfg = get_cfg_default()
    cfg.DATASET.SUBSAMPLE_CLASSES = classes
    cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS, cfg.SEED = str(root), shots, seed
    return Caltech101(cfg)


@pytest.fixture
def caltech_root(tmp_path):
    for folder in ("Faces", "Faces_easy", "airplanes", "ant", "BACKGROUND_Google"):
        path = tmp_path / "caltech-101" / "101_ObjectCategories" / folder
        path.mkdir(parents=True)
        for i in range(20):
            (path / f"image_{i:04d}.jpg").touch()
    return tmp_path


def test_caltech101_reads_coops_layout(caltech_root):
    dataset = caltech(caltech_root)
    assert dataset.classnames == ["face", "airplane", "ant"]
    assert (len(dataset.train_x), len(dataset.val), len(dataset.test)) == (12, 12, 18)
    assert caltech(caltech_root, classes="base").classnames == ["face", "airplane"]
    assert caltech(caltech_root, classes="new").classnames == ["ant"]


def test_picks_depend_on_the_seed_alone(caltech_root):
    """Not on whether the split file had to be made first, nor on numbers drawn before."""
    set_random_seed(1)
    first = [item.impath for item in caltech(caltech_root).train_x]
    random.random()
    assert [item.impath for item in caltech(caltech_root).train_x] == first
    assert [item.impath for item in caltech(caltech_root, seed=2).train_x] != first


def test_picks_equal_coops_for_a_prepared_split(items, golden, tmp_path, monkeypatch):
    """CoOp seeds, reads the split and draws at once: train, then validation."""
    data = golden("dassl_fewshot.json")
    case = data["train_then_val"]
    train, val = (items(data["labels"][name], name) for name in case["lists"])
    monkeypatch.setattr(Caltech101, "read_splits", lambda self: (train, val, val))
    dataset = caltech(tmp_path, case["seed"], shots=4)
    assert index_of(dataset.train_x, train) == case["train"]
    assert index_of(dataset.val, val) == case["val"]


def test_missing_data_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="101_ObjectCategories not found; .*make demo"):
        caltech(tmp_path)


def test_no_class_left_is_named(items):
    with pytest.raises(ValueError, match="no new classes are left of 1"):
        subsample_classes(items([0, 0]), subsample="new")
    with pytest.raises(ValueError, match='all, base or new; got "old"'):
        subsample_classes(items([0, 1]), subsample="old")
