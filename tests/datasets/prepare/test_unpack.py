"""Archives: what is wanted comes out, and nothing leaves the folder."""

import stat
import zipfile

import pytest

from rada.prepare.unpack import unpack


@pytest.fixture
def run(tmp_path):
    """Unpack bytes into tmp_path/out; what is then there, by path."""

    def unpack_bytes(content, wanted=("pictures",), inner=""):
        archive, out = tmp_path / "archive", tmp_path / "out"
        archive.write_bytes(content)
        out.mkdir()
        unpack(archive, out, wanted, inner)
        return {
            str(path.relative_to(out)): path.read_bytes()
            for path in out.rglob("*")
            if path.is_file()
        }

    return unpack_bytes


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_only_what_is_wanted(run, tar, mode):
    members = [("./pictures/a/1.jpg", b"1"), ("pictures/2.jpg", b"2"), ("pictures.txt", b"no")]
    assert run(tar(members, mode)) == {"pictures/a/1.jpg": b"1", "pictures/2.jpg": b"2"}


def test_zip(run, zipped):
    assert run(zipped([("pictures/", b""), ("pictures/1.jpg", b"1"), ("x", b"no")])) == {
        "pictures/1.jpg": b"1"
    }


def test_an_archive_within_an_archive(run, tar, zipped):
    inner = tar([("pictures/1.jpg", b"1"), ("other", b"")])
    outer = zipped([("set/pictures.tar.gz", inner), ("set/readme", b"")])
    assert run(outer, inner="set/pictures.tar.gz") == {"pictures/1.jpg": b"1"}


LINK, HARD = {"type": b"2"}, {"type": b"1"}
LEAVING = {
    "up": ("pictures/../../x", b"1"),
    "up, not wanted": ("../x", b"1"),
    "absolute": ("/tmp/x", b"1"),
    "other separators": ("pictures\\..\\..\\x", b"1"),
    "link out": ("pictures/x", LINK | {"linkname": "../../secret"}),
    "absolute link": ("pictures/x", LINK | {"linkname": "/etc/passwd"}),
    "hard link out": ("pictures/x", HARD | {"linkname": "../secret"}),
    "link to nothing": ("pictures/x", LINK | {"linkname": "y"}),
    "link to itself": ("pictures/x", LINK | {"linkname": "x"}),
    "device": ("pictures/x", {"type": b"3"}),
}


@pytest.mark.parametrize("member", LEAVING.values(), ids=LEAVING)
def test_refused_in_tar(run, tar, tmp_path, member):
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ValueError) as caught:
        run(tar([member]))
    assert str(caught.value).startswith(f'{tmp_path / "archive"}: member "{member[0]}" ')
    assert not list((tmp_path / "out").rglob("x")) and not (tmp_path / "x").exists()


def test_nothing_is_written_through_a_link(run, tar, tmp_path):
    """A folder that is a link out would lead later members out of the folder."""
    through = [("pictures/x", LINK | {"linkname": str(tmp_path)}), ("pictures/x/evil", b"1")]
    with pytest.raises(ValueError, match='member "pictures/x" leads out'):
        run(tar(through))
    assert not (tmp_path / "evil").exists()


def test_a_link_inside_becomes_a_copy(run, tar, tmp_path):
    links = [("pictures/b", LINK | {"linkname": "a"}), ("c", HARD | {"linkname": "pictures/a"})]
    found = run(tar([("pictures/a", b"1"), *links]), ("pictures", "c"))
    assert found == {"pictures/a": b"1", "pictures/b": b"1", "c": b"1"}
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "pictures/../../x", "C:/x"])
def test_refused_in_zip(run, zipped, name, tmp_path):
    with pytest.raises(ValueError, match=f'archive: member "{name}" leads out of the folder'):
        run(zipped([(name, b"1")]))
    assert not (tmp_path / "x").exists()


def test_a_link_in_a_zip_is_refused(run, zipped):
    link = zipfile.ZipInfo("pictures/x")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ValueError, match='"pictures/x" is a link'):
        run(zipped([(link, b"/etc/passwd")]))


def test_a_password_is_asked_for_in_words(run, zipped):
    content = bytearray(zipped([("pictures/x", b"1")]))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    with pytest.raises(ValueError, match="wants a password: unpack the archive by hand"):
        run(bytes(content))


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_truncated_archive_is_named(run, tar, zipped, kind):
    members = [("pictures/1", bytes(range(256)) * 99)]
    content = (tar if kind == "tar" else zipped)(members)
    with pytest.raises(ValueError, match=r"archive is broken \(.+\); delete it, fetch it again"):
        run(content[: len(content) // 2])


def test_a_damaged_zip_is_named(run, zipped):
    content = zipped([("pictures/1", b"good content")]).replace(b"good content", b"evil content")
    with pytest.raises(ValueError, match="archive is broken .*CRC"):
        run(content)


def test_no_archive_at_all(run):
    with pytest.raises(ValueError, match="archive is broken"):
        run(b"<html>please log in</html>" * 100)


def test_another_archive(run, tar):
    with pytest.raises(ValueError, match="archive has no pictures in it"):
        run(tar([("photos/1.jpg", b"1")]))
