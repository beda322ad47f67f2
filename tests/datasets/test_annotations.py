"""Annotation files of datasets: what is no file is not waited for."""

import os

import pytest

from rada.data.annotations import read_mat, read_rows


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("read", [read_rows, lambda path: read_mat(path, "labels")])
def test_what_is_no_regular_file_is_not_waited_for(tmp_path, make, read):
    path = tmp_path / "list.txt"
    make(path)
    with pytest.raises(ValueError, match="list.txt is no regular file"):
        read(str(path))
