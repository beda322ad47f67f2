"""A web server of this machine, archives, and a small dataset to prepare from them."""

import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from rada.prepare import download, expected, place, sources
from rada.prepare.source import Archive, File, Source, below


class Site:
    """What the server has, how it behaves, and what was asked of it.

    Attributes:
        files: content by path.
        ranges: whether it can send the rest of a file.
        cuts: after how many bytes the next answers break off.
        codes: HTTP errors that the next answers are.
        asked: (path, range) of each request.
    """

    def __init__(self):
        self.files, self.ranges, self.cuts, self.codes, self.asked = {}, True, [], [], []
        self.url = ""

    def answer(self, handler):
        name, span = handler.path[1:], handler.headers.get("Range")
        self.asked.append((name, span))
        content = self.files.get(name)
        if self.codes or content is None:
            return handler.send_error(self.codes.pop(0) if self.codes else 404)
        start = int(re.fullmatch(r"bytes=(\d+)-", span)[1]) if span and self.ranges else 0
        if span and start >= len(content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        rest = content[start:]
        handler.wfile.write(rest[: self.cuts.pop(0)] if self.cuts else rest)


@pytest.fixture
def site(monkeypatch):
    """A server of this machine; new tries follow at once."""
    here = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            here.answer(self)

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "PAUSE", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tar():
    """Bytes of a tar file: from (name, bytes, or TarInfo attributes for what is no file)."""

    def make(members, mode="w:gz"):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            for name, content in members:
                info = tarfile.TarInfo(name)
                if isinstance(content, bytes):
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
                else:
                    for key, value in content.items():
                        setattr(info, key, value)
                    archive.addfile(info)
        return buffer.getvalue()

    return make


@pytest.fixture
def zipped():
    """Bytes of a zip file: from (name or ZipInfo, bytes)."""

    def make(members):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in members:
                archive.writestr(name, content)
        return buffer.getvalue()

    return make


@pytest.fixture
def picture():
    """Bytes of a small JPEG file."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def dtd(site, tar, picture, monkeypatch):
    """DTD with two pictures a class and part, to be fetched from this machine."""
    parts = {part: [] for part in ("train", "val", "test")}
    members = [("dtd/labels/labels.txt", b"")]
    for label, name in enumerate(("banded", "dotted")):
        for number, part in enumerate(2 * list(parts)):
            path = f"{name}/{name}_{number}.jpg"
            members.append((f"dtd/images/{path}", picture))
            parts[part].append([path, label, name])
    site.files = {"dtd.tar.gz": tar(members), "split.json": json.dumps(parts).encode()}
    archive, split = (hashlib.md5(content).hexdigest() for content in site.files.values())
    name = "split_zhou_DescribableTextures.json"
    source = Source(
        (
            File(name, (site.url + "split.json",), split, "https://drive.invalid/view"),
            Archive(
                "dtd.tar.gz",
                (site.url + "dtd.tar.gz",),
                archive,
                contents=below("dtd", "labels", "images"),
            ),
        )
    )
    monkeypatch.setitem(sources.SOURCES, "dtd", source)
    monkeypatch.setitem(expected.EXPECTED, "dtd", expected.Counts(4, 4, 4, 2))
    assert place.SOURCES is sources.SOURCES
    return source
