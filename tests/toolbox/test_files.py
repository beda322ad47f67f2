"""Files are read and written whole; what is missing or broken is named."""

import json
import os
import socket
import subprocess

import pytest
from PIL import Image

from dassl.data.datasets import Datum
from dassl.utils import (
    check_isfile,
    listdir_nohidden,
    mkdir_if_missing,
    read_image,
    read_json,
    tolist_if_not,
    write_json,
)
from dassl.utils.files import written_whole


def test_missing_picture_is_an_assertion_error_that_names_it(golden):
    path = "/nonexistent/x.jpg"
    with pytest.warns(UserWarning) as warned, pytest.raises(AssertionError, match=path) as caught:
        Datum(path)
    assert [str(w.message) for w in warned] == golden("dassl_messages.json")[
        "datum_missing_file_warning"
    ]
    assert isinstance(caught.value, FileNotFoundError)  # train.py ends in one line


def test_broken_picture_is_named(tmp_path):
    broken, truncated = tmp_path / "a.jpg", tmp_path / "b.png"
    broken.write_bytes(b"no picture")
    Image.effect_noise((64, 64), 50).save(truncated)
    truncated.write_bytes(truncated.read_bytes()[:900])
    for path in (broken, truncated, tmp_path / "missing.png"):
        with pytest.raises(
            ValueError, match=f'^cannot read picture "{path}": .+; replace or remove it$'
        ):
            read_image(str(path))


def test_read_image_gives_rgb(tmp_path):
    Image.new("L", (3, 2), 7).save(tmp_path / "grey.png")
    image = read_image(str(tmp_path / "grey.png"))
    assert (image.mode, image.size, image.getpixel((0, 0))) == ("RGB", (3, 2), (7, 7, 7))


def test_json_round_trip_and_format(tmp_path):
    path = tmp_path / "deep" / "a.json"
    write_json({"a": [1, "b"]}, str(path))
    assert path.read_text() == '{\n    "a": [\n        1,\n        "b"\n    ]\n}'
    assert read_json(str(path)) == {"a": [1, "b"]}


def test_a_failed_write_leaves_the_former_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    write_json([1], str(path))
    with pytest.raises(TypeError):
        write_json([2, object()], str(path))
    with pytest.raises(KeyboardInterrupt), written_whole(str(path)) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert json.loads(path.read_text()) == [1]
    assert os.listdir(tmp_path) == ["a.json"]


def test_two_writers_do_not_share_a_file_and_what_a_killed_one_left_goes(tmp_path):
    path = tmp_path / "a.bin"
    with written_whole(str(path)) as file:
        file.write(b"mine")
        (mine,) = os.listdir(tmp_path)
        assert str(os.getpid()) in mine and socket.gethostname() in mine
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / mine.replace(str(os.getpid()), str(dead.pid))
    other = tmp_path / mine.replace(socket.gethostname(), "elsewhere")
    for name in (left, other):
        name.touch()
    with written_whole(str(path)) as file:
        file.write(b"again")
    assert sorted(os.listdir(tmp_path)) == sorted([other.name, "a.bin"])
    assert path.read_bytes() == b"again"


def test_listing_and_folders(tmp_path):
    mkdir_if_missing(str(tmp_path / "b" / "c"))
    mkdir_if_missing(str(tmp_path / "b" / "c"))
    mkdir_if_missing("")
    (tmp_path / ".hidden").touch()
    (tmp_path / "a").touch()
    assert listdir_nohidden(str(tmp_path), sort=True) == ["a", "b"]
    assert check_isfile(str(tmp_path / "a"))
    assert tolist_if_not("a") == ["a"]
    assert tolist_if_not(["a"]) == ["a"]
