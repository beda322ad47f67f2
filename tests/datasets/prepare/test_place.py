"""From sources to a complete folder: idempotent, interruptible, nothing half done."""

import errno
import fcntl
import os

import pytest

from rada.prepare import place, sources
from rada.prepare.place import folder_of, obtain, prepare
from rada.prepare.source import Archive, File, Source, below


def tree(folder):
    """Relative paths of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_all_is_in_place_and_nothing_else(dtd, tmp_path, read):
    assert prepare("dtd", tmp_path) == []
    found = tree(tmp_path / "dtd")
    assert found[-1] == "split_zhou_DescribableTextures.json"
    assert found[0].startswith("images/") and len(found) == 12 + 2
    assert len(read("dtd", tmp_path).train_x) == 4


def test_what_is_in_place_is_not_fetched_again(dtd, site, tmp_path):
    prepare("dtd", tmp_path)
    asked = list(site.asked)
    assert prepare("dtd", tmp_path) == []
    assert site.asked == asked


def test_archives_are_kept_on_demand_and_those_found_always(dtd, site, tmp_path):
    prepare("dtd", tmp_path / "kept", keep=True)
    assert (tmp_path / "kept" / "dtd" / "dtd.tar.gz").exists()
    mine = tmp_path / "mine" / "dtd" / "dtd.tar.gz"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(site.files["dtd.tar.gz"])
    site.asked.clear()
    assert prepare("dtd", tmp_path / "mine") == []
    assert mine.exists() and site.asked == [("split.json", None)]


def test_stopped_while_fetching_goes_on(dtd, site, tmp_path, monkeypatch):
    from rada.prepare import download

    size = len(site.files["dtd.tar.gz"])
    half = size // 2
    site.cuts = [10_000, half]

    def stop(seconds):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download.time, "sleep", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare("dtd", tmp_path)
    assert "images" not in os.listdir(tmp_path / "dtd")
    assert prepare("dtd", tmp_path) == []
    assert site.asked[-1] == ("dtd.tar.gz", f"bytes={half}-")
    assert not place.dataset_class("dtd").missing(str(tmp_path))


def test_stopped_while_unpacking_leaves_nothing_that_looks_finished(dtd, tmp_path, monkeypatch):
    from rada.prepare import unpack

    with monkeypatch.context() as patch:
        copies = []

        def stop(source, target, size):
            copies.append(target)
            if len(copies) == 5:
                raise KeyboardInterrupt

        patch.setattr(unpack.shutil, "copyfileobj", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare("dtd", tmp_path)
    assert sorted(os.listdir(tmp_path / "dtd")) == [
        "dtd.tar.gz",
        "split_zhou_DescribableTextures.json",
    ]
    stale = tmp_path / "dtd" / ".unpacking-dtd.tar.gz"
    stale.mkdir()  # as a process that was killed leaves it
    (stale / "images").touch()
    assert prepare("dtd", tmp_path) == []
    assert (tmp_path / "dtd" / "images").is_dir() and not stale.exists()


def test_one_file_that_fails_does_not_stop_the_others(dtd, site, tmp_path):
    del site.files["split.json"]
    (problem,) = prepare("dtd", tmp_path)
    assert "404" in problem and "https://drive.invalid/view, put it at" in problem
    assert str(tmp_path / "dtd" / "split_zhou_DescribableTextures.json") in problem
    assert (tmp_path / "dtd" / "images").is_dir()


def test_a_damaged_archive_found_there_is_named_and_stays(dtd, tmp_path):
    mine = tmp_path / "dtd" / "dtd.tar.gz"
    mine.parent.mkdir()
    mine.write_bytes(b"damaged")
    (problem,) = prepare("dtd", tmp_path)
    assert f"{mine} has md5" in problem and "delete it, then fetch it by hand from" in problem
    assert mine.exists()


def test_two_processes_do_not_work_in_one_folder(dtd, tmp_path):
    (tmp_path / "dtd").mkdir()
    handle = os.open(tmp_path / "dtd", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another process is preparing it"):
            prepare("dtd", tmp_path)
    finally:
        os.close(handle)


def test_a_file_system_without_locks_is_no_obstacle(dtd, tmp_path, monkeypatch):
    def refuse(handle, operation):
        raise OSError(errno.EBADF, "Bad file descriptor")  # what network file systems say

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert prepare("dtd", tmp_path) == []


def test_a_stand_in_is_not_completed_with_real_files(dtd, tmp_path):
    (tmp_path / "dtd").mkdir()
    (tmp_path / "dtd" / place.STAMP).touch()
    with pytest.raises(ValueError, match="rehearsal's stand-in; remove it"):
        prepare("dtd", tmp_path)


def test_contents_move_to_the_names_the_reader_knows(tar, tmp_path):
    """As fgvc-aircraft-2013b/data does, and sketch, which becomes images."""
    (tmp_path / "a.tgz").write_bytes(tar([("set/data/list.txt", b""), ("set/data/x/1.jpg", b"1")]))
    contents = below("set/data", "list.txt") | {"set/data/x": "images/train"}
    obtain(Archive("a.tgz", contents=contents), tmp_path)
    assert tree(tmp_path) == ["a.tgz", "images/train/1.jpg", "list.txt"]


def test_files_only_a_person_can_fetch_are_no_problem(tmp_path, monkeypatch):
    monkeypatch.setitem(sources.SOURCES, "ucf101", Source((File("by_hand.zip"),)))
    assert prepare("ucf101", tmp_path) == []
    assert folder_of("ucf101", tmp_path).is_dir()
