"""Archives that are damaged, cut off or stitched: one line, and never a wrong file."""

import bz2
import errno
import gzip
import io
import itertools
import lzma
import random
import zipfile
from pathlib import Path

import pytest

from rada.prepare.place import obtain
from rada.prepare.source import Archive, below
from rada.prepare.unpack import WrongArchive, unpack

CONTENT = {
    "d/text": b"text " * 40,
    "d/noise": random.Random(1).randbytes(900),
    "x": b"not wanted",
}
GOOD = {name: content for name, content in CONTENT.items() if name != "x"}
KINDS = ("zip", "w", "w:gz", "w:bz2", "w:xz")


@pytest.fixture
def made(tar, zipped):
    """Bytes of an archive of a kind."""

    def make(kind, content=CONTENT):
        members = list(content.items())
        if kind != "zip":
            return tar(members, kind)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    return make


@pytest.fixture
def run(tmp_path):
    """Unpack bytes into a new folder; what is there by path, or the error line."""
    numbers = itertools.count()

    def unpack_bytes(content, wanted=("d",)):
        archive, out = tmp_path / "archive", tmp_path / f"out{next(numbers)}"
        archive.write_bytes(content)
        out.mkdir()
        try:
            unpack(archive, out, wanted)
        except ValueError as error:
            line = str(error)
            assert "\n" not in line and line.isprintable() and str(archive) in line, line
            return line
        found = (path for path in out.rglob("*") if path.is_file())
        return {str(path.relative_to(out)): path.read_bytes() for path in found}

    return unpack_bytes


@pytest.mark.parametrize("kind", KINDS)
def test_whole_archives_of_each_kind(run, made, kind):
    assert run(made(kind)) == GOOD


@pytest.mark.parametrize("kind", ["w", "w:gz", "w:bz2", "w:xz"])
def test_zero_padding_may_follow(run, made, kind):
    assert run(made(kind) + b"\0" * 1024) == GOOD


@pytest.mark.parametrize("kind", ["w:gz", "w:bz2", "w:xz"])
def test_several_compressed_streams_in_a_row(run, made, kind):
    """As pigz or `cat a.gz b.gz` make them: together they are the archive."""
    compress = {"w:gz": gzip.compress, "w:bz2": bz2.compress, "w:xz": lzma.compress}[kind]
    plain = made("w")
    assert run(compress(plain[:700]) + compress(plain[700:])) == GOOD


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off_anywhere(run, made, kind):
    """The compressed kinds are refused at every length; plain tar unless only zeros are cut."""
    content = made(kind)
    step = 7 if kind == "w" else 1
    for length in range(0, len(content), step):
        found = run(content[:length])
        assert isinstance(found, str) or (kind == "w" and found == GOOD), length
        if isinstance(found, dict):
            assert not content[length:].strip(b"\0")


@pytest.mark.parametrize("kind", ["zip", "w:gz", "w:bz2", "w:xz"])
def test_a_flipped_bit_anywhere(run, made, kind):
    """Whatever is flipped: an error, or what was meant (a date, say, may be another)."""
    content = made(kind)
    for place in range(len(content)):
        for bit in (1, 0x80):
            damaged = bytearray(content)
            damaged[place] ^= bit
            found = run(bytes(damaged))
            assert isinstance(found, str) or found == GOOD, (place, bit)


def test_a_flipped_bit_in_a_tar_header(run, made):
    """Its header has a checksum; tarfile would take a damaged one for the end."""
    content = made("w")
    second = content.index(b"d/noise")
    for place in range(second, second + 300):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        found = run(bytes(damaged))
        assert isinstance(found, str) or found == GOOD, place  # a space may stand for a zero


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [b"x", b"\0" * 600 + b"x", b"<html>error</html>" * 40])
def test_nothing_else_may_follow(run, made, kind, behind):
    assert "is broken (" in run(made(kind) + behind)


@pytest.mark.parametrize("kind", KINDS)
def test_two_versions_in_one(run, made, kind):
    """What a resumed download of a file that changed in between would be."""
    one, other = made(kind), made(kind, {"d/other": random.Random(2).randbytes(1200), **CONTENT})
    assert "is broken (" in run(one + other)
    if kind != "w":  # a plain tar file has no checksum of its content
        for cut in range(50, len(one), 50):
            assert isinstance(run(one[:cut] + other[cut:]), str), cut


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"PK", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"text\n" * 200, b"<html>" * 200],
)
def test_no_archive(run, content):
    assert "is broken (" in run(content) or "has no d in it" in run(content)


def test_zeros_only_are_an_archive_without_members(run, zipped):
    assert "has no d in it: it is another file" in run(bytes(10240))
    assert "has no d in it: it is another file" in run(zipped([]))


def test_a_damaged_member_that_is_not_wanted_is_noticed(run, zipped):
    """Its name may be what is damaged: then something wanted is missing."""
    content = zipped(list(CONTENT.items())).replace(b"not wanted", b"not Wanted")
    assert "Bad CRC-32" in run(content)


REFUSED = {
    "a line break": [("d/../a\nb", b"")],
    "a file that is a folder": [("d/a", b"1"), ("d/a/b", b"2")],
    "a folder that is a file": [("d/a/b", b"1"), ("d/a", b"2")],
    "a name of 300 letters": [("d/" + "n" * 300, b"1")],
}


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("members", REFUSED.values(), ids=REFUSED)
def test_members_that_cannot_be(run, tar, zipped, kind, members):
    line = run(tar(members) if kind == "tar" else zipped(members))
    assert 'archive: member "' in line and line.endswith("; nothing of it is unpacked")


def test_a_negative_size_ends(run, tar):
    """A negative size would lead tarfile back to the same header, for ever."""
    content = bytearray(tar([("d/a", b"")], "w"))
    content[124:136] = b"\xff" * 10 + b"\xfe\x00"  # base 256: -512
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    assert isinstance(run(bytes(content)), str)


def test_a_full_disk_is_no_damage(tmp_path, made, monkeypatch):
    def full(source, target, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rada.prepare.unpack.shutil.copyfileobj", full)
    (tmp_path / "archive").write_bytes(made("w:gz"))
    with pytest.raises(
        OSError, match=r"cannot write .*d/text \(No space left.*make room"
    ) as caught:
        unpack(tmp_path / "archive", tmp_path, ("d",))
    assert not isinstance(caught.value, WrongArchive)


def test_an_archive_inside_is_named_by_both(tmp_path, tar, made):
    (tmp_path / "outer.zip").write_bytes(tar([("in/inner.tar.gz", made("w:gz")[:-3])], "w"))
    with pytest.raises(WrongArchive, match="^in/inner.tar.gz in .*/outer.zip is broken"):
        unpack(tmp_path / "outer.zip", tmp_path, ("d",), "in/inner.tar.gz")


def test_a_broken_download_is_removed_and_fetched_anew(site, made, tmp_path):
    archive = Archive("a.tgz", (site.url + "a.tgz",), contents=below("", "d"))
    site.files["a.tgz"] = made("w:gz")[:-4]
    with pytest.raises(WrongArchive, match="it is removed, run this again to fetch it anew; or"):
        obtain(archive, tmp_path)
    assert not list(tmp_path.iterdir())
    site.files["a.tgz"] = made("w:gz")
    obtain(archive, tmp_path)
    assert (tmp_path / "d/text").read_bytes() == CONTENT["d/text"]


def test_a_broken_archive_of_a_person_stays(made, tmp_path: Path):
    (tmp_path / "a.tgz").write_bytes(made("w:gz")[:-4])
    with pytest.raises(WrongArchive, match="delete it, fetch it again"):
        obtain(Archive("a.tgz", contents=below("", "d")), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tgz"]
