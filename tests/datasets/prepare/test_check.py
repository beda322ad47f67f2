"""What --check says of complete, incomplete and broken folders; it writes nothing."""

import json

import pytest

from rada.prepare import check as module
from rada.prepare.check import ABSENT, COMPLETE, check
from rada.prepare.expected import EXPECTED, Counts
from rada.prepare.place import prepare
from rada.prepare.sources import SOURCES
from rada.rehearsal import STAMP
from rada.rehearsal.tree import build_tree


@pytest.fixture
def folder(dtd, tmp_path):
    """A complete DTD (of two classes)."""
    prepare("dtd", tmp_path)
    return tmp_path / "dtd"


def test_complete(folder, tmp_path):
    assert check("dtd", tmp_path, deep=True) == ("dtd", COMPLETE, Counts(4, 4, 4, 2), ())


def test_absent(tmp_path):
    assert check("dtd", tmp_path).state == ABSENT


def test_lacks_are_named_and_no_split_is_made_in_their_place(folder, tmp_path):
    (folder / "split_zhou_DescribableTextures.json").unlink()
    before = sorted(folder.rglob("*"))
    assert check("dtd", tmp_path).state == f"{folder} lacks split_zhou_DescribableTextures.json"
    assert sorted(folder.rglob("*")) == before


def test_nothing_is_written(folder, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    check("dtd", tmp_path, deep=True)
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before


def test_other_counts_are_said(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(EXPECTED, "dtd", Counts(4, 1128, 4, 47))
    assert check("dtd", tmp_path).state == "val 4 instead of 1,128, classes 2 instead of 47"


def test_a_readers_error_is_the_line(folder, tmp_path):
    (folder / "images" / "banded" / "banded_0.jpg").unlink()
    assert "1 of the 12 pictures" in check("dtd", tmp_path).state
    (folder / "split_zhou_DescribableTextures.json").write_text("{")
    assert "split_zhou_DescribableTextures.json: broken JSON" in check("dtd", tmp_path).state


def test_even_an_unforeseen_error(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "read", lambda stem, root: {}["key"])
    assert check("dtd", tmp_path).state == "KeyError('key')"


def test_pictures_that_cannot_be_decoded(folder, tmp_path):
    bad = folder / "images" / "dotted" / "dotted_5.jpg"
    bad.write_bytes(bad.read_bytes()[:200])
    assert check("dtd", tmp_path).state == COMPLETE
    row = check("dtd", tmp_path, deep=True)
    assert row.state == "pictures that cannot be decoded: 1"
    assert len(row.notes) == 1 and row.notes[0].startswith(f"{bad}: ")


def test_a_split_made_anew_is_noted(folder, tmp_path):
    path = folder / "split_zhou_DescribableTextures.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    row = check("dtd", tmp_path)
    assert row.state == COMPLETE
    assert row.notes == (f"{path} is not the published file; move it away to fetch that one",)


@pytest.mark.parametrize("stem", SOURCES)
def test_counts_of_every_dataset(stem, tmp_path, monkeypatch):
    """All readers, on stand-in trees: parts that a dataset has not count as none."""
    build_tree(stem, str(tmp_path), train=3, val=1, test=2, most_classes=2, size=8)
    assert "stand-in" in check(stem, tmp_path).state
    folder = module.folder_of(stem, tmp_path)
    (folder / STAMP).unlink()
    counts = check(stem, tmp_path).counts
    asked = EXPECTED[stem]
    assert [number > 0 for number in counts] == [number > 0 for number in asked]
    assert counts.test == 2 * counts.classes
    monkeypatch.setitem(EXPECTED, stem, counts)
    assert check(stem, tmp_path).state == COMPLETE
