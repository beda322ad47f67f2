"""Runs that start at once write the same files: none is ever half there."""

import json
import threading

import pytest

from rada.data.json_files import read_json, write_json


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
