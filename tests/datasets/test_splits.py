"""Split files, new splits and halves of classes are CoOp's (golden numbers of its functions)."""

import json
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dassl.utils import set_random_seed
from rada.data.new_splits import split_folders, split_trainval
from rada.data.splits import read_split, require_labels, save_split, subsample_classes


def test_halves_of_classes_equal_coop(items, index_of, golden, capsys):
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


def test_validation_parts_equal_coop(items, index_of, golden, capsys):
    for case in golden("dassl_splits.json")["split_trainval"]:
        pictures = items(case["labels"])
        random.seed(case["seed"])
        train, val = split_trainval(pictures, case["p_val"])
        assert capsys.readouterr().out.splitlines() == case["printed"]
        assert index_of(train, pictures) == case["train"]
        assert index_of(val, pictures) == case["val"]


def test_saved_split_has_coops_format_and_reads_back(items, tmp_path, golden):
    splits = tuple(items([0, 1, 2], prefix) for prefix in "abc")
    path = tmp_path / "split.json"
    save_split(splits, str(path), str(tmp_path))
    assert json.loads(path.read_text())["val"] == [[f"b{i}.jpg", i, f"class {i}"] for i in range(3)]
    expected = golden("dassl_splits.json")["saved_split_text"]
    assert path.read_text().splitlines()[:3] == expected.splitlines()[:3]  # indentation
    assert read_split(str(path), str(tmp_path)) == splits


def entry(*values) -> dict:
    return {"train": [list(values)], "val": [], "test": []}


DEEP = "[" * 100_000
BROKEN = [
    (entry("a.jpg", 0, None), "train: entry 1: the class of a.jpg: None is not text, not empty"),
    (entry("a.jpg", 0, ""), "train: entry 1: the class of a.jpg: it is empty"),
    (entry("a.jpg", 0, ["wren"]), "the class of a.jpg: ['wren'] is not text"),
    (entry("a.jpg", float("inf"), "a"), "the label of a.jpg: inf is not a whole number"),
    (entry("a.jpg", float("nan"), "a"), "the label of a.jpg: nan is not a whole number"),
    (entry("a.jpg", 0.7, "a"), "the label of a.jpg: 0.7 is not a whole number"),
    (entry("a.jpg", "x", "a"), 'the label of a.jpg: "x" is not a whole number'),
    (entry("a.jpg", -1, "a"), "the label of a.jpg: -1 is not a whole number"),
    (entry("a.jpg", True, "a"), "the label of a.jpg: True is not a whole number"),
    (entry("a.jpg", 10**30, "a"), "the label of a.jpg: 1000"),
    (entry("a.jpg", 0), "train: entry 1: ['a.jpg', 0] is not [path, label, class name]"),
    (entry("", 0, "a"), "the path of a picture: it is empty"),
    (entry("a\0.jpg", 0, "a"), "the path of a picture: a zero byte is in it"),
    (entry(3, 0, "a"), "the path of a picture: 3 is not text"),
    (
        {"train": [["a.jpg", 0, "a"], "abc"], "val": [], "test": []},
        'train: entry 2: "abc" is not [',
    ),
    ({"train": {}, "val": [], "test": []}, "train: {} is not a list"),
    ({"train": []}, "it has no val"),
    ([], "[] is not a record with train, val, test"),
    (None, "None is not a record"),
    ("", "broken JSON"),
    ("{", "broken JSON"),
    (b"\xff{}", "no UTF-8 text (byte 0)"),
    (DEEP, "nested too deep"),
]


@pytest.mark.parametrize(("content", "complaint"), BROKEN)
def test_a_broken_split_file_is_told_in_one_line(tmp_path, content, complaint):
    path = tmp_path / "split.json"
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as caught:
        read_split(str(path), "")
    said = str(caught.value)
    assert said.startswith(f"{path}: ") and complaint in said
    assert said.endswith("correct it, or fetch CoOp's again") and "\n" not in said


def test_a_pipe_in_place_of_a_split_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "split.json")
    with pytest.raises(ValueError, match="split.json is no regular file"):
        read_split(str(tmp_path / "split.json"), "")


def test_absolute_paths_stay(tmp_path):
    """CoOp's readers join paths, which lets them stay."""
    (tmp_path / "split.json").write_text(json.dumps(entry("/elsewhere/a.jpg", 0, "a")))
    assert read_split(str(tmp_path / "split.json"), "d")[0] == [("/elsewhere/a.jpg", 0, "a")]


@settings(max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inside: (
            st.lists(inside, max_size=4)
            | st.dictionaries(st.sampled_from(["train", "val", "test", "x"]), inside)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "split.json"
    path.write_text(json.dumps(content))
    try:
        splits = read_split(str(path), "")
    except ValueError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert all(isinstance(p.label, int) and p.classname and p.impath for p in sum(splits, []))


def test_byte_order_mark_is_no_part_of_a_split(tmp_path):
    text = '{"train": [["a.jpg", "0", "a"]], "val": [], "test": []}'
    (tmp_path / "split.json").write_text(text, encoding="utf-8-sig")
    assert read_split(str(tmp_path / "split.json"), "d")[0] == [("d/a.jpg", 0, "a")]


def test_no_class_left_is_named(items):
    with pytest.raises(ValueError, match="no new classes are left of 1"):
        subsample_classes(items([0, 0]), subsample="new")
    with pytest.raises(ValueError, match='all, base or new; got "old"'):
        subsample_classes(items([0, 1]), subsample="old")


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([0, 1, 3], [0], r"label 3 of .*x2.jpg \(train\) is out of range; training has 3 classes"),
        ([0, 1], [0, 2], r"label 2 of .*y1.jpg \(test\) is out of range"),
        ([0, 1, -1], [0], r"label -1 of .*x2.jpg"),
    ],
)
def test_labels_out_of_range_are_named(items, train, test, message):
    with pytest.raises(ValueError, match=f"^split.json: {message}"):
        require_labels((items(train), [], items(test, "y")), "split.json")


def test_two_names_for_one_label_are_named(items):
    train = items([0, 1, 1])
    train[2] = train[2]._replace(classname="other")
    with pytest.raises(ValueError, match='label 1 is "class 1" and, for .*x2.jpg .*"other"'):
        require_labels((train, [], []), "split.json")


def test_class_too_small_to_split_is_named(tmp_path, items):
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "1.jpg").touch()
    with pytest.raises(ValueError, match='class "ant" has 1 pictures in .*ant: too few to split'):
        split_folders(str(tmp_path))
    with pytest.raises(ValueError, match='class "class 0" has 2 pictures: too few'):
        split_trainval(items([0, 0]))
