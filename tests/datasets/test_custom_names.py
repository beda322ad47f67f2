"""Class names of one's own pictures: a file with a line for each folder."""

import os

import pytest

from tests.custom import custom, make


def test_names_file(tmp_path):
    make(tmp_path, "01", "02")
    (tmp_path / "birds" / "names.txt").write_text("01 great tit\n02 blackbird\n")
    assert custom(tmp_path, NAMES="names.txt").classnames == ["great tit", "blackbird"]
    (tmp_path / "birds" / "names.txt").write_text("01 great tit\n")
    with pytest.raises(ValueError, match='names.txt has no name for "02"'):
        custom(tmp_path, NAMES="names.txt")


def test_names_of_folders_with_blanks_in_a_file_with_a_byte_order_mark(tmp_path):
    make(tmp_path, "great", "great tit")
    lines = "great tit\tParus major\r\ngreat blackbird\r\n"
    (tmp_path / "birds" / "names.txt").write_text(lines, encoding="utf-8-sig")
    assert custom(tmp_path, NAMES="names.txt").classnames == ["blackbird", "Parus major"]


def test_names_file_that_cannot_be_read_is_named(tmp_path):
    make(tmp_path, "01")
    with pytest.raises(ValueError, match="names.txt cannot be read .* UTF-8 file in FOLDER"):
        custom(tmp_path, NAMES="names.txt")
    (tmp_path / "birds" / "names.txt").write_bytes("01 Möwe".encode("latin-1"))
    with pytest.raises(ValueError, match="names.txt cannot be read"):
        custom(tmp_path, NAMES="names.txt")


def test_a_names_file_that_is_a_pipe_is_not_waited_for(tmp_path):
    make(tmp_path, "01")
    os.mkfifo(tmp_path / "birds" / "names.txt")
    with pytest.raises(ValueError, match="names.txt is no regular file"):
        custom(tmp_path, NAMES="names.txt")


def test_two_folders_may_share_a_name_without_losing_pictures(tmp_path):
    make(tmp_path, "01", "02")
    (tmp_path / "birds" / "names.txt").write_text("01 tit\n02 tit\n")
    dataset = custom(tmp_path, NAMES="names.txt")
    assert (dataset.num_classes, len(dataset.train_x)) == (2, 10)
