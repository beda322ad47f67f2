"""Few-shot picks are CoOp's for the same seed, and are kept as a record that knows its split."""

import json
import os
import random

import pytest

from dassl.data.datasets import DatasetBase
from rada.data.picks import Picks

RECORD = "caltech-101/split_fewshot/shot_4-seed_1.json"


def paths(items):
    return [item.impath for item in items]


def test_picks_equal_coops_for_the_same_seed(items, index_of, golden, tmp_path):
    """CoOp seeds, reads the split and draws at once: train, then validation."""
    data = golden("dassl_fewshot.json")
    case = data["train_then_val"]
    parts = [items(data["labels"][name], name) for name in case["lists"]]

    def draw(pictures, shots):
        dataset = DatasetBase(train_x=pictures)
        return dataset.generate_fewshot_dataset(pictures, num_shots=shots)

    picks = Picks(parts, 4, case["seed"], str(tmp_path)).draw(draw)
    assert index_of(picks[0], parts[0]) == case["train"]
    assert index_of(picks[1], parts[1]) == case["val"]
    again = Picks(parts, 4, case["seed"], str(tmp_path)).draw(None)  # from the record
    assert again == picks


def test_picks_depend_on_the_seed_alone(caltech_root, read):
    """Not on whether the split file or a record was there, nor on numbers drawn before."""
    first = read("caltech101", caltech_root, shots=4)
    (caltech_root / RECORD).unlink()
    random.random()
    second = read("caltech101", caltech_root, shots=4)
    assert paths(first.train_x) == paths(second.train_x)
    assert paths(first.val) == paths(second.val)
    assert paths(read("caltech101", caltech_root, shots=4, seed=2).train_x) != paths(first.train_x)


def test_record_is_readable_and_used(caltech_root, read, capsys):
    first = read("caltech101", caltech_root, shots=4)
    record = json.loads((caltech_root / RECORD).read_text())
    assert [(c["label"], c["classname"]) for c in record["train"]] == [
        (0, "face"),
        (1, "airplane"),
        (2, "ant"),
    ]
    pictures = [path for entry in record["train"] for path in entry["pictures"]]
    assert [str(caltech_root / "caltech-101" / path) for path in pictures] == paths(first.train_x)
    capsys.readouterr()
    again = read("caltech101", caltech_root, shots=4)
    assert "Loading few-shot picks from" in capsys.readouterr().out
    assert (paths(again.train_x), paths(again.val)) == (paths(first.train_x), paths(first.val))


def test_record_of_another_split_is_redone(caltech_root, read, capsys):
    first = read("caltech101", caltech_root, shots=4)
    split = caltech_root / "caltech-101" / "split_own.json"
    content = json.loads(split.read_text())
    content["train"], content["test"] = content["train"][1:], content["test"] + content["train"][:1]
    split.write_text(json.dumps(content))
    second = read("caltech101", caltech_root, shots=4)
    assert "was made from another split; drawing again" in capsys.readouterr().out
    assert paths(second.train_x) != paths(first.train_x)
    read("caltech101", caltech_root, shots=4)
    assert "another split" not in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["{", "[]", '{"shots": 4}'])
def test_damaged_record_is_redone(caltech_root, read, capsys, damage):
    first = read("caltech101", caltech_root, shots=4)
    (caltech_root / RECORD).write_text(damage)
    assert paths(read("caltech101", caltech_root, shots=4).train_x) == paths(first.train_x)
    assert "shot_4-seed_1.json is damaged" in capsys.readouterr().out
    assert json.loads((caltech_root / RECORD).read_text())["shots"] == 4


def test_record_with_a_picture_of_the_test_set_is_redone(caltech_root, read, capsys):
    first = read("caltech101", caltech_root, shots=4)
    record = json.loads((caltech_root / RECORD).read_text())
    stray = os.path.relpath(first.test[0].impath, caltech_root / "caltech-101")
    record["train"][0]["pictures"][0] = stray
    (caltech_root / RECORD).write_text(json.dumps(record))
    assert paths(read("caltech101", caltech_root, shots=4).train_x) == paths(first.train_x)
    assert "is damaged" in capsys.readouterr().out


@pytest.mark.parametrize("loss", ["class", "picture", "twice", "val"])
def test_incomplete_record_is_redone(caltech_root, read, capsys, loss):
    """A class or a picture lost would otherwise be trained without."""
    first = read("caltech101", caltech_root, shots=4)
    record = json.loads((caltech_root / RECORD).read_text())
    pictures = record["train"][0]["pictures"]
    if loss == "class":
        del record["train"][1]
    elif loss == "picture":
        del pictures[0]
    elif loss == "twice":
        pictures[0] = pictures[1]
    else:
        record["val"] = []
    (caltech_root / RECORD).write_text(json.dumps(record))
    again = read("caltech101", caltech_root, shots=4)
    assert (paths(again.train_x), paths(again.val)) == (paths(first.train_x), paths(first.val))
    assert "is damaged (ValueError: not 4 pictures of each class)" in capsys.readouterr().out


def test_testing_needs_no_shots(caltech_root, read):
    dataset = read("caltech101", caltech_root, shots=16, eval_only=True)
    assert (len(dataset.train_x), len(dataset.test)) == (30, 18)


def test_too_few_pictures_for_the_shots(caltech_root, read):
    with pytest.raises(ValueError, match='"face" has 10 training pictures, fewer than 16 shots'):
        read("caltech101", caltech_root, shots=16)
