"""Datasets, loaders and samplers against Dassl's picks, lines and index orders."""

import pytest
import torch

from dassl.data import DataManager
from dassl.data.datasets import DatasetBase
from dassl.utils import set_random_seed

from .conftest import Synth


class Item:
    """A stand-in for Datum that needs no file."""

    def __init__(self, index, label, domain=0):
        self.index, self.label, self.domain, self.classname = index, label, domain, f"c{label}"


def items(labels):
    return [Item(i, label) for i, label in enumerate(labels)]


def picked(result):
    return [item.index for item in result]


@pytest.fixture
def fewshot(golden):
    content = golden("dassl_fewshot.json")
    content["items"] = {name: items(labels) for name, labels in content["labels"].items()}
    return content


@pytest.fixture
def dataset(cfg):
    return Synth(cfg)


def test_few_shot_picks_are_dassls(fewshot, dataset, capsys):
    for case in fewshot["cases"]:
        set_random_seed(case["seed"])
        options = {"num_shots": case["num_shots"], "repeat": case["repeat"]}
        found = dataset.generate_fewshot_dataset(fewshot["items"][case["list"]], **options)
        assert picked(found) == case["picked"], case
        assert capsys.readouterr().out.splitlines() == case["printed"]


def test_several_lists_and_calls_share_one_random_stream(fewshot, dataset):
    case = fewshot["two_sources"]
    set_random_seed(case["seed"])
    lists = [fewshot["items"][name] for name in case["lists"]]
    found = dataset.generate_fewshot_dataset(*lists, num_shots=case["num_shots"])
    assert [picked(result) for result in found] == case["picked"]
    case = fewshot["train_then_val"]
    set_random_seed(case["seed"])
    for name, part in zip(case["lists"], ("train", "val"), strict=True):
        found = dataset.generate_fewshot_dataset(fewshot["items"][name], num_shots=4)
        assert picked(found) == case[part]


def test_no_shots_keeps_all(fewshot, dataset):
    one = fewshot["items"]["uneven"]
    assert dataset.generate_fewshot_dataset(one) is one
    assert dataset.generate_fewshot_dataset(one, one, num_shots=0) == (one, one)


def test_number_of_classes_counts_gaps(fewshot):
    for name, expected in fewshot["num_classes"].items():
        assert DatasetBase.get_num_classes(fewshot["items"][name]) == expected
    assert DatasetBase.get_num_classes(items([0, 5])) == 6
    assert DatasetBase.get_lab2cname(items([5, 0, 5])) == ({5: "c5", 0: "c0"}, ["c0", "c5"])


def test_dataset_without_training_pictures_is_an_error():
    with pytest.raises(ValueError, match="no labelled training pictures"):
        DatasetBase(test=items([0]))


def test_domains_are_checked(dataset):
    dataset.domains = ["art", "photo"]
    dataset.check_input_domains(["art"], ["photo"])
    with pytest.raises(ValueError, match=r"Input domain must belong to .* but got \[sketch\]"):
        dataset.check_input_domains(["art"], ["sketch"])
    with pytest.raises(ValueError, match="source_domains"):
        dataset.check_input_domains([], ["photo"])
    groups = dataset.split_dataset_by_domain(dataset.test)
    assert {d: len(group) for d, group in groups.items()} == {0: 6, 1: 6}


CASES = ("coop", "domains", "plain", "all_train_u", "size_rect", "notransform")


def describe(value):
    if not isinstance(value, torch.Tensor):
        return "list of str"
    return [*value.shape, str(value.dtype)]


@pytest.mark.parametrize("index", range(6))
def test_data_manager(index, golden, cfg, synth, capsys):
    """Lines, loader lengths, batch keys and the order of an epoch are Dassl's."""
    case = golden("dassl_data_manager.json")["cases"][index]
    unlabelled = 6 if case["name"] == "all_train_u" else 0
    synth(classes=case["num_classes"], train_u=unlabelled)
    for key, value in case["overrides"].items():
        value = tuple(value) if isinstance(value, list) else value
        cfg.merge_from_list([key, value])
    manager = DataManager(cfg)
    assert capsys.readouterr().out.splitlines() == case["lines"]
    assert (manager.num_classes, len(manager.train_loader_x)) == (
        case["num_classes"],
        case["len_train_loader"],
    )
    assert len(manager.test_loader) == case["len_test_loader"]
    assert manager.train_loader_x.drop_last == case["drop_last_train"]
    assert manager.num_source_domains == len(cfg.DATASET.SOURCE_DOMAINS)
    if case["name"] == "notransform":
        return
    assert {str(k): v for k, v in manager.lab2cname.items()} == case["lab2cname"]
    set_random_seed(5)
    batches = list(manager.train_loader_x)
    assert [batch["index"].tolist() for batch in batches] == case["seed5_epoch_index"]
    assert {k: describe(v) for k, v in batches[0].items()} == case["batch_keys"]
