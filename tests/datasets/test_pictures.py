"""Pictures that are missing, damaged or no pictures are found before training."""

import os
from pathlib import Path

import pytest
from PIL import Image

from rada.data.pictures import absent, list_pictures, require_readable, unreadable


def save(path, size=(300, 200)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 80).convert("RGB").save(path)
    return str(path)


@pytest.fixture
def good(tmp_path):
    return [save(tmp_path / name) for name in ("a.jpg", "b.png", "c.jpeg")]


def test_absent_files_and_folders_are_found(tmp_path, good):
    (tmp_path / "d.jpg").mkdir()  # a folder is no picture
    lost = [str(tmp_path / name) for name in ("no.jpg", "d.jpg", "none/e.jpg")]
    assert absent([*good, *lost]) == lost
    assert absent(good) == []


def test_truncated_pictures_are_found(tmp_path, good):
    """Cut anywhere, also just before the end; JPEG and PNG."""
    bad = []
    for i, path in enumerate(good * 2):
        content = Path(path).read_bytes()
        bad.append(str(tmp_path / f"cut{i}{os.path.splitext(path)[1]}"))
        with open(bad[-1], "wb") as file:
            file.write(content[: len(content) // 2 if i < 3 else -200])
    found = dict(unreadable([*good, *bad], progress=False))
    assert list(found) == bad
    assert all(found.values())


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_found(tmp_path, good, content):
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(
        ValueError, match='cannot read picture ".*x.jpg": not a picture; replace or remove it'
    ):
        require_readable([*good, str(tmp_path / "x.jpg")], str(tmp_path / "memory"))


def test_pictures_are_decoded_once(tmp_path, good, capsys):
    for expected in ("Checking 3 pictures (once)\n", ""):
        require_readable(good, str(tmp_path / "memory"))
        assert capsys.readouterr().out == expected


def test_changed_picture_is_decoded_again(tmp_path, good):
    require_readable(good, str(tmp_path / "memory"))
    with open(good[1], "r+b") as file:
        file.truncate(100)
    with pytest.raises(ValueError, match="b.png"):
        require_readable(good, str(tmp_path / "memory"))


def test_folder_that_cannot_be_written_remembers_nothing(tmp_path, good, capsys):
    (tmp_path / "memory").touch()  # a file where the folder should be
    require_readable(good, str(tmp_path / "memory"))
    assert "Not remembered" in capsys.readouterr().out


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (40, 7)])
def test_small_pictures_are_pictures(tmp_path, size):
    assert list(unreadable([save(tmp_path / "small.jpg", size)], progress=False)) == []


def test_link_that_leads_nowhere_is_named(tmp_path, good):
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    with pytest.raises(ValueError, match='cannot read picture ".*link.jpg": No such file'):
        require_readable([*good, str(tmp_path / "link.jpg")], str(tmp_path))


def test_other_files_in_a_class_folder_are_mentioned(tmp_path, good, capsys):
    for name in ("Thumbs.db", "README.txt", ".DS_Store"):
        (tmp_path / name).touch()
    save(tmp_path / "D.JPG")
    assert list_pictures(str(tmp_path)) == [str(tmp_path / "D.JPG"), *good]
    assert "2 files are no pictures, such as README.txt" in capsys.readouterr().out
