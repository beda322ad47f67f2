"""Downloads: resumed, tried again, verified, and one clear line if nothing helps."""

import hashlib
from collections import namedtuple

import pytest

from rada.prepare import download as module
from rada.prepare.download import Unreachable, download

CONTENT = bytes(range(256)) * 40
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def target(site, tmp_path):
    """Where "file" of the server goes."""
    site.files["file"] = CONTENT
    return tmp_path / "file"


def test_what_came_before_is_not_fetched_again(site, target):
    target.with_name("file.part").write_bytes(CONTENT[:1000])
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT
    assert site.asked == [("file", "bytes=1000-")]
    assert not target.with_name("file.part").exists()


def test_goes_on_where_the_connection_broke_off(site, target):
    site.cuts = [4000, 3000]
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT
    assert [span for _, span in site.asked] == [None, "bytes=4000-", "bytes=7000-"]


def test_a_server_without_ranges_sends_all_anew(site, target):
    site.ranges = False
    target.with_name("file.part").write_bytes(b"x" * 1000)
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT


def test_a_complete_part_needs_no_byte(site, target):
    target.with_name("file.part").write_bytes(CONTENT)
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_dropped(site, target):
    target.with_name("file.part").write_bytes(CONTENT + b"more")
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT


def test_passing_faults_of_the_server_are_waited_out(site, target):
    site.codes = [503, 429]
    download((site.url + "file",), target, MD5)
    assert target.read_bytes() == CONTENT


def test_gives_up_after_some_tries_and_keeps_what_came(site, target):
    site.cuts = [100] + [0] * 20
    with pytest.raises(Unreachable, match=r"file cannot be fetched .*5 times"):
        download((site.url + "file",), target, MD5)
    assert target.with_name("file.part").read_bytes() == CONTENT[:100]
    assert not target.exists()


def test_another_file_is_told_by_its_md5_and_removed(site, target):
    site.files["file"] = b"another"
    with pytest.raises(Unreachable, match=f"md5 .*not {MD5}"):
        download((site.url + "file",), target, MD5)
    assert not list(target.parent.iterdir())


def test_the_next_address_is_asked(site, target):
    download((site.url + "gone", site.url + "file"), target, MD5)
    assert target.read_bytes() == CONTENT
    assert [name for name, _ in site.asked] == ["gone", "file"]  # 404 is not tried again


def test_no_server_at_all(site, target):
    with pytest.raises(Unreachable, match="refused"):
        download(("http://127.0.0.1:9/file",), target)


def test_too_small_a_disk_is_said_before_it_is_full(site, target, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: usage(100))
    with pytest.raises(OSError, match="0.0 GB are free; make room") as caught:
        download((site.url + "file",), target, MD5)
    assert not isinstance(caught.value, Unreachable)  # no other address would help
