"""Files are there whole or not at all, whoever writes them at once and whatever interrupts."""

import errno
import json
import multiprocessing
import os
import threading

import pytest

from rada.files import did_you_mean, read_json, replacing, sha256, write_json


def test_writers_at_once_leave_one_whole_file(tmp_path):
    path, seen, failures = str(tmp_path / "new" / "x.json"), [], []

    def work(number):
        try:
            for _ in range(20):
                write_json([number] * 2000, path)
                seen.append(read_json(path))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert all(len(content) == 2000 and len(set(content)) == 1 for content in seen)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["x.json"]


def test_failed_write_leaves_what_was_there(tmp_path):
    write_json({"a": 1}, str(tmp_path / "x.json"))
    with pytest.raises(TypeError):
        write_json({"a": object()}, str(tmp_path / "x.json"))
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_files_are_as_readable_as_any_other(tmp_path):
    write_json({}, str(tmp_path / "x.json"))
    (tmp_path / "y.json").touch()
    assert (tmp_path / "x.json").stat().st_mode == (tmp_path / "y.json").stat().st_mode


def test_a_write_that_fails_changes_nothing_and_says_so(tmp_path, monkeypatch):
    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    message = "cannot write .*x.bin.*No space left.*is whole"
    with pytest.raises(OSError, match=message) as error, replacing(path) as file:
        file.write(b"new")
    assert "\n" not in str(error.value)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x.bin"]


def die_while_writing(path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        os._exit(9)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # Python 3.12
def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "x.bin"
    process = multiprocessing.get_context("fork").Process(target=die_while_writing, args=(path,))
    process.start()
    process.join()
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".x.bin.") and not path.exists()
    other = tmp_path / ".x.bin.elsewhere-1-00.tmp"  # of another machine: it may be alive
    other.touch()
    with replacing(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert sorted(os.listdir(tmp_path)) == [other.name, "x.bin"]


def test_a_digest_is_that_of_its_parts_together():
    whole = sha256([b"what it is\n", "für alle", memoryview(b"123")])
    assert whole == sha256(["what it is\nfür alle123"]) and len(whole) == 64
    assert sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256([os.fsdecode(b"\xff")]) == sha256([b"\xff"])


@pytest.mark.parametrize(
    "name, hint",
    [
        ("RAdaCop", ' (did you mean "RAdaCoOp"?)'),
        ("maple", ' (did you mean "MaPLe"?)'),
        ("something else", ""),
        ("", ""),
    ],
)
def test_the_nearest_name_is_suggested_if_one_is_near(name, hint):
    assert did_you_mean(name, ["CoOp", "RAdaCoOp", "MaPLe"]) == hint
    assert did_you_mean(name, []) == ""
