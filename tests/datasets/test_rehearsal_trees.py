"""Stand-in trees: thinned alike, made whole or not at all, never over a real dataset."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rada.data.class_lists import read_objectnet, read_wnids
from rada.rehearsal import STAMP, tree
from rada.rehearsal.classes import classes, imagenet_wnids, spread
from rada.rehearsal.tree import build_tree

SMALL = {"train": 2, "val": 1, "test": 1, "most_classes": 3, "size": 8}


@pytest.mark.parametrize("most", [10, 100, 999])
def test_imagenet_and_its_shifts_are_thinned_to_the_same_classes(most):
    kept = imagenet_wnids(most)
    assert len(kept) == most and list(kept) == sorted(kept)
    every = [(c.name, c.own) for c in classes("imagenet", most)[0]]
    assert every == [(name, wnid) for wnid, name in kept.items()]
    assert every == [(c.name, c.own) for c in classes("imagenet_sketch", most)[0]]
    numbers = [(c.name, c.own) for c in classes("imagenetv2", most)[0]]
    assert numbers == [(name, str(label)) for label, name in enumerate(kept.values())]
    for stem in ("imagenet_a", "imagenet_r"):
        some, total = classes(stem, most)
        assert [c.own for c in some] == [w for w in read_wnids(stem) if w in kept]
        assert total == 200 and len(some) >= most // 5
    folders = read_objectnet()
    some, total = classes("objectnet", most)
    assert total == 113 and len(some) >= min(most // 5, 100)
    assert all(set(folders[c.own][1]) & set(kept) for c in some)


def test_nothing_is_thinned_without_need():
    assert len(classes("sun397")[0]) == 397 and len(classes("imagenet")[0]) == 1000
    assert classes("dtd", 100)[0] == classes("dtd")[0]
    assert spread(list("abcdef"), 3) == list("ace")


def test_the_line_says_what_is_left_out(tmp_path):
    assert "eurosat with 3 of its 10 classes" in build_tree("eurosat", tmp_path, **SMALL)
    options = SMALL | {"most_classes": None}
    assert "eurosat with all 10 classes, 40 " in build_tree("eurosat", tmp_path, **options)


def written(root) -> dict:
    """What identifies each file: its inode changes when it is written anew."""
    return {path: path.stat().st_ino for path in root.rglob("*") if path.is_file()}


def test_a_tree_is_made_once_and_anew_for_other_arguments(tmp_path):
    build_tree("eurosat", tmp_path, **SMALL)
    before = written(tmp_path)
    build_tree("eurosat", tmp_path, **SMALL)
    assert written(tmp_path) == before
    build_tree("eurosat", tmp_path, **SMALL | {"train": 1})
    after = written(tmp_path)
    assert set(after) < set(before)  # the fourth picture of each class is gone


@pytest.mark.parametrize("gone", ["2750/River/River_1.jpg", "split_zhou_EuroSAT.json"])
def test_an_incomplete_tree_is_remade(gone, tmp_path):
    options = SMALL | {"most_classes": None}
    build_tree("eurosat", tmp_path, **options)
    path = tmp_path / "eurosat" / gone
    path.unlink()
    build_tree("eurosat", tmp_path, **options)
    assert path.is_file()


def test_an_interrupted_build_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tree, "write_annotations", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build_tree("eurosat", tmp_path, **SMALL)
    assert os.listdir(tmp_path) == []
    build_tree("eurosat", tmp_path, **SMALL)
    assert (tmp_path / "eurosat" / STAMP).is_file()


def test_two_at_once_write_once(tmp_path, monkeypatch):
    calls, write = [], tree.write_pictures
    monkeypatch.setattr(tree, "write_pictures", lambda *a: (calls.append(a), write(*a)))
    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(lambda _: build_tree("eurosat", tmp_path, **SMALL), range(4)))
    assert len(calls) == 1 and len(said) == 1


def test_a_real_dataset_is_left_alone(tmp_path):
    real = tmp_path / "eurosat" / "2750" / "River" / "River_1.jpg"
    real.parent.mkdir(parents=True)
    real.write_bytes(b"precious")
    with pytest.raises(ValueError, match="was not made by a rehearsal and stays as it is"):
        build_tree("eurosat", tmp_path, **SMALL)
    assert real.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "stem, options, message",
    [
        ("blueprints", {}, 'no stand-in for "blueprints"'),
        ("dtd", {"val": 0}, "at least 1 picture"),
        ("dtd", {"most_classes": 1}, "2 classes"),
    ],
)
def test_what_cannot_be_made(stem, options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        build_tree(stem, tmp_path, **options)
