"""All sixteen datasets, read from generated trees in their exact layout: counts, names, halves."""

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from rada.data.class_lists import read_classnames, read_objectnet, read_wnids
from rada.data.families import BENCHMARKS, SHIFTS
from rada.data.registry import dataset_class
from rada.rehearsal.tree import build_tree

WITH_SPLIT_FILE = [name for name in BENCHMARKS if name not in ("imagenet", "fgvc_aircraft")]
COUNTS = {"train": 5, "val": 2, "test": 3}
MOST = 60  # of ImageNet's classes; all of the others'


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Trees are made on first use."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def tree(root):
    """Make the tree of a dataset."""

    def make(stem, folder=root):
        build_tree(stem, str(folder), most_classes=MOST if is_imagenet(stem) else None, **COUNTS)
        return folder

    return make


def is_imagenet(stem):
    return stem == "imagenet" or stem in SHIFTS


def names_on_disk(stem, root):
    """The class names a tree should give, in label order, from the lists and its classnames.txt."""
    if not is_imagenet(stem):
        return read_classnames(stem)
    rows = (root / dataset_class(stem).dataset_dir / "classnames.txt").read_text().splitlines()
    names = dict(row.split(" ", 1) for row in sorted(rows))
    assert names.items() <= read_wnids("imagenet").items()
    if stem == "objectnet":
        shared = read_objectnet().items()
        return [name for _, (name, wnids) in shared if set(wnids) & set(names)]
    if stem in ("imagenet_a", "imagenet_r"):
        return [name for wnid, name in read_wnids(stem).items() if wnid in names]
    return list(names.values())


@pytest.mark.parametrize("stem", (*BENCHMARKS, *SHIFTS))
def test_counts_names_and_label_order(stem, tree, read):
    root = tree(stem)
    dataset = read(stem, root, check=True)
    names = names_on_disk(stem, root)
    assert dataset.classnames == names
    assert dataset.lab2cname == dict(enumerate(names))
    assert set(Counter(item.label for item in dataset.test).values()) == {COUNTS["test"]}
    assert len(dataset.test) == len(names) * COUNTS["test"]
    assert all(item.classname == names[item.label] for item in dataset.test)
    if stem in SHIFTS:
        assert dataset.val is None and dataset.test_only
    else:
        val = COUNTS["test" if stem == "imagenet" else "val"]
        assert len(dataset.train_x) == len(names) * COUNTS["train"]
        assert len(dataset.val) == len(names) * val
    assert dataset_class(stem).missing(str(root)) == []


@pytest.mark.parametrize("stem", BENCHMARKS)
def test_halves_and_shots(stem, tree, read):
    root = tree(stem)
    names = read(stem, root).classnames
    half = math.ceil(len(names) / 2)
    for classes, expected in (("base", names[:half]), ("new", names[half:])):
        dataset = read(stem, root, shots=4, classes=classes)
        assert dataset.classnames == expected
        assert Counter(item.label for item in dataset.train_x) == dict.fromkeys(
            range(len(expected)), 4
        )
        assert len(dataset.test) == COUNTS["test"] * len(expected)


@pytest.mark.parametrize("stem", WITH_SPLIT_FILE)
def test_lost_split_file_is_made_anew_from_the_annotations(stem, tree, read, tmp_path, capsys):
    """With the same class names in the same order, whole, saved, and the same each time."""
    published = read(stem, tree(stem))
    tree(stem, tmp_path)
    folder = Path(dataset_class(stem).folder(str(tmp_path)))
    (folder / dataset_class(stem).split_file).unlink()
    dataset = read(stem, tmp_path, seed=3)
    split = folder / "split_own.json"
    assert "cannot be compared with published ones" in capsys.readouterr().out
    assert dataset.classnames == published.classnames
    parts = json.loads(split.read_text())
    everything = sum(COUNTS.values()) * len(published.classnames)
    assert len({path for part in parts.values() for path, _, _ in part}) == everything
    text = split.read_text()
    split.unlink()
    read(stem, tmp_path, seed=4)
    assert split.read_text() == text
    capsys.readouterr()
    assert read(stem, tmp_path).classnames == published.classnames  # read back, and said again
    assert "cannot be compared with published ones" in capsys.readouterr().out


@pytest.mark.parametrize("stem", (*BENCHMARKS, *SHIFTS))
def test_empty_root_is_named_with_the_remedy(stem, tmp_path, read):
    with pytest.raises(FileNotFoundError, match=f"not found; .*rada.prepare {stem} --root"):
        read(stem, tmp_path)
    assert dataset_class(stem).missing(str(tmp_path))
