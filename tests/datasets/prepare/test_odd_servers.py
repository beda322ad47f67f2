"""Servers that are odd, slow or malicious: one line, no wrong file, no download without an end."""

import errno
import hashlib
import itertools
import random
import socket
import struct
import time

import pytest

from rada.prepare import connection, place, sources
from rada.prepare import download as module
from rada.prepare.__main__ import cli
from rada.prepare.download import Unreachable, download
from rada.prepare.source import Archive, Source, below

CONTENT = random.Random(1).randbytes(5000)
OTHER = random.Random(2).randbytes(5000)  # another version, of the same size


@pytest.fixture
def fetch(site, tmp_path):
    """Fetch from a server that answers as told; the file's bytes, or the error line."""

    def run(answer, md5=""):
        def recorded(handler):
            site.asked.append((handler.path[1:], handler.headers.get("Range")))
            answer(handler)

        site.answer = recorded
        site.asked.clear()
        path = tmp_path / "file"
        path.unlink(missing_ok=True)
        try:
            download((site.url + "file",), path, md5)
        except OSError as error:
            assert not path.exists()
            line = str(error)
            assert line.isprintable(), line
            return line
        assert [one.name for one in tmp_path.iterdir()] == ["file"]
        return path.read_bytes()

    return run


def send(handler, code=200, body=CONTENT, cut=None, **headers):
    """Answer with headers (Content_Length and so on; None: without) and a body."""
    handler.send_response(code)
    for name, value in ({"Content_Length": len(body)} | headers).items():
        if value is not None:
            handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body[:cut])


def send_rest(handler, body=CONTENT, cut=None, if_range=True, **headers):
    """As a good server does: from where it is asked, if the version is still the same."""
    span, version = handler.headers.get("Range"), handler.headers.get("If-Range")
    same = version in (None, headers.get("ETag"), headers.get("Last_Modified"))
    start = int(span[6:-1]) if span and (same or not if_range) else 0
    if not start:
        return send(handler, body=body, cut=cut, **headers)
    if start >= len(body):
        return send(handler, 416, b"", Content_Range=f"bytes */{len(body)}", **headers)
    content_range = f"bytes {start}-{len(body) - 1}/{len(body)}"
    return send(handler, 206, body[start:], cut, Content_Range=content_range, **headers)


def raw(handler, answer):
    """Send bytes as they are."""
    handler.wfile.write(answer)


def reset(handler):
    """Reset the connection after some bytes."""
    send(handler, cut=1000)
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.wfile.flush()
    handler.connection.close()


def chunked(*sizes):
    """The whole content in chunks of these sizes, 0 at the end."""
    chunks, start = [], 0
    for size in sizes:
        chunks.append(b"%x\r\n" % size + CONTENT[start : start + size] + b"\r\n")
        start += size
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


OK = b"HTTP/1.1 200 OK\r\n"
GOOD = {
    "without a length": lambda h: send(h, Content_Length=None),
    "in chunks": lambda h: raw(h, chunked(2000, 3000, 0)),
    "a length beside chunks": lambda h: raw(
        h, chunked(5000, 0).replace(b"OK\r\n", b"OK\r\nContent-Length: 7\r\n")
    ),
    "the same length twice": lambda h: raw(
        h, OK + b"Content-Length: 5000\r\n" * 2 + b"\r\n" + CONTENT
    ),
    "unknown headers": lambda h: send(h, ETag="no quotes", Last_Modified="\xe9", X="y" * 1000),
}


@pytest.mark.parametrize("answer", GOOD.values(), ids=GOOD)
def test_servers_that_are_unusual_and_right(fetch, answer):
    assert fetch(answer) == CONTENT


def redirect(to, code=302):
    """A server that sends elsewhere."""
    return lambda h: send(h, code, b"", Location=to)


BAD = {
    "404 page": (lambda h: send(h, 404, b"<html>", Content_Type="text/html"), "404 Not Found"),
    "403": (lambda h: send(h, 403, b"no"), "403 Forbidden"),
    "500": (lambda h: send(h, 500, b"no"), "500 Internal Server Error, 5 times"),
    "503": (lambda h: send(h, 503, b"no"), "503 Service Unavailable, 5 times"),
    "204": (lambda h: send(h, 204, b""), "204 No Content instead of the file"),
    "206 unasked": (lambda h: send(h, 206), "part than asked for, 5 times"),
    "206 from elsewhere": (
        lambda h: send(h, 206, Content_Range="bytes 5-5004/9999"),
        "part than asked for, 5 times",
    ),
    "206 backwards": (
        lambda h: send(h, 206, Content_Range="bytes 0-9/5"),
        "part than asked for, 5 times",
    ),
    "416 unasked": (lambda h: send(h, 416, b"", Content_Range="bytes */0"), "416 "),
    "a web page": (lambda h: send(h, Content_Type="text/html; charset=x"), "a web page came"),
    "a web page of no type": (lambda h: send(h, body=b" \n<!DOCTYPE html><p>"), "a web page came"),
    "empty": (lambda h: send(h, body=b""), "an empty file came"),
    "empty, no length": (lambda h: send(h, body=b"", Content_Length=None), "nothing came, 5 times"),
    "length of letters": (lambda h: send(h, Content_Length="abc"), 'Content-Length is "abc", not'),
    "negative length": (lambda h: send(h, Content_Length="-5"), 'Content-Length is "-5", not'),
    "length of digits and more": (lambda h: send(h, Content_Length="5_000"), "5_000"),
    "length of 5,000 digits": (lambda h: send(h, Content_Length="9" * 5000), '999..."'),
    "length of an exabyte": (lambda h: send(h, Content_Length=10**17), "make room"),
    "two lengths": (
        lambda h: raw(h, OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n123456"),
        "not one number of bytes",
    ),
    "too long a length": (lambda h: send(h, Content_Length=6000), "the connection broke off, 5"),
    "cut in a chunk": (lambda h: raw(h, chunked(2000, 3000)[:-50]), "IncompleteRead"),
    "no last chunk": (lambda h: raw(h, chunked(2000, 3000)), "IncompleteRead"),
    "chunks of no size": (lambda h: raw(h, chunked(5).replace(b"5\r\n", b"zz\r\n")), "Incomplete"),
    "chunks of negative size": (lambda h: raw(h, chunked(5).replace(b"\r\n5", b"\r\n-5")), "times"),
    "connection reset": (reset, "5 times"),
    "no answer": (lambda h: None, "closed connection without response, 5 times"),
    "no HTTP": (lambda h: raw(h, b"SSH-2.0\x1b[31m\r\n\r\n"), "SSH-2.0?[31m, 5 times"),
    "a reason with colours": (lambda h: raw(h, b"HTTP/1.1 404 \x1b[31mno\r\n\r\n"), "404 ?[31mno"),
    "a thousand headers": (lambda h: raw(h, OK + b"a: b\r\n" * 1000 + b"\r\n"), "100 headers"),
    "redirected to itself": (redirect("/file"), "redirected in a circle"),
    "redirected to a file": (redirect("file:///etc/passwd"), "file:///etc/passwd"),
    "redirected to FTP": (redirect("ftp://127.0.0.1/x"), "ftp://127.0.0.1/x, which is not HTTP"),
    "redirected to data": (redirect("data:,x"), "data:,x"),
    "redirected to no address": (redirect("http://[::1"), "302 redirected to what is no address"),
    "redirected to no port": (redirect("http://127.0.0.1:x/"), "no address (nonnumeric port"),
    "redirected nowhere": (lambda h: send(h, 302, b""), "302 Found"),
}


@pytest.mark.parametrize(("answer", "message"), BAD.values(), ids=BAD)
def test_servers_that_are_wrong(fetch, answer, message):
    line = fetch(answer)
    assert isinstance(line, str) and message in line, line
    assert "http://127.0.0.1" in line or "make room" in line
    assert "invalid literal" not in line


def test_a_circle_of_redirects(fetch):
    numbers = itertools.count()
    line = fetch(lambda h: redirect(f"/{next(numbers)}")(h))
    assert "redirected in a circle, or too often" in line


def test_a_redirect_is_followed_with_its_range(fetch, site):
    first = iter([1000])

    def answer(handler):
        if handler.path == "/file":
            redirect("/there", 307)(handler)
        else:
            send_rest(handler, cut=next(first, None), ETag='"1"')

    assert fetch(answer) == CONTENT
    assert site.asked[-1] == ("there", "bytes=1000-")


VALIDATORS = {
    "ETag": {"ETag": '"1"'},
    "date": {"Last_Modified": "Mon, 02 Nov 2026 10:00:00 GMT"},
    "both": {"ETag": '"1"', "Last_Modified": "Mon, 02 Nov 2026 10:00:00 GMT"},
}


@pytest.mark.parametrize("validator", VALIDATORS.values(), ids=VALIDATORS)
def test_the_same_version_is_resumed_within_and_between_runs(fetch, site, validator, monkeypatch):
    cuts = itertools.chain([1000, 500], itertools.repeat(0))
    line = fetch(lambda h: send_rest(h, cut=next(cuts), **validator))
    assert "file.part keeps what came, run this again to go on" in line
    assert fetch(lambda h: send_rest(h, **validator)) == CONTENT
    assert site.asked == [("file", "bytes=1500-")]


CHANGED = {
    "ETag": {"ETag": '"2"'},
    "date": {"Last_Modified": "Tue, 03 Nov 2026 10:00:00 GMT"},
    "both": {"ETag": '"2"', "Last_Modified": "Tue, 03 Nov 2026 10:00:00 GMT"},
}
WITHOUT = {"none": ({}, {}), "weak": ({"ETag": 'W/"1"'}, {"ETag": 'W/"1"'})}
PAIRS = {name: (VALIDATORS[name], CHANGED[name]) for name in CHANGED} | WITHOUT
PAIRS["only its absence"] = (VALIDATORS["ETag"], {})


@pytest.mark.parametrize("if_range", [True, False], ids=["If-Range", "If-Range ignored"])
@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS)
def test_two_versions_are_never_stitched(fetch, first, second, if_range):
    """Within one run, and between two."""
    number = itertools.count()

    def changing(handler):
        if next(number) == 0:
            return send_rest(handler, cut=1000, **first)
        return send_rest(handler, OTHER, if_range=if_range, **second)

    assert fetch(changing) == OTHER
    cuts = itertools.chain([1000], itertools.repeat(0))
    assert isinstance(fetch(lambda h: send_rest(h, cut=next(cuts), **first)), str)
    assert fetch(lambda h: send_rest(h, OTHER, if_range=if_range, **second)) == OTHER


def test_another_size_is_another_version(fetch):
    """A server that ignores If-Range and whose date has not changed."""
    same = {"Last_Modified": "Mon, 02 Nov 2026 10:00:00 GMT", "if_range": False}
    for other in (OTHER[:1000], OTHER[:3000], OTHER * 2):
        cuts = itertools.chain([1000], itertools.repeat(0))
        assert isinstance(fetch(lambda h, cuts=cuts: send_rest(h, cut=next(cuts), **same)), str)
        assert fetch(lambda h, other=other: send_rest(h, other, **same)) == other


def test_a_file_that_resuming_spoilt_is_fetched_anew(fetch, tmp_path):
    (tmp_path / "file.part").write_bytes(OTHER[:1000])
    assert fetch(send_rest, hashlib.md5(CONTENT).hexdigest()) == CONTENT


@pytest.mark.parametrize("record", ["", "{", "[]", '{"a": 1}', '{"etag": ""}', "\udcff"])
def test_a_record_that_cannot_be_read_is_no_proof(fetch, tmp_path, record):
    (tmp_path / "file.part").write_bytes(OTHER[:1000])
    (tmp_path / "file.part.version").write_text(record, errors="surrogateescape")
    assert fetch(send_rest) == CONTENT


@pytest.mark.parametrize("lengths", [(100, 50), (100, 100), (0, 50)])
def test_breaking_off_at_alternating_lengths_ends(fetch, site, lengths):
    cuts = itertools.cycle(lengths)
    line = fetch(lambda h: send(h, cut=next(cuts)))  # it ignores ranges
    assert "5 times" in line and len(site.asked) < 10


def test_two_versions_in_turn_end(fetch, site):
    turns = itertools.cycle([(CONTENT, '"1"'), (OTHER, '"2"')])

    def answer(handler):
        body, tag = next(turns)
        send_rest(handler, body, cut=500, ETag=tag)

    assert "5 times" in fetch(answer) and len(site.asked) < 10


def test_a_byte_an_attempt_ends(fetch, site, monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 20)
    line = fetch(lambda h: send_rest(h, cut=1, ETag='"1"'))
    assert "given up after 20 attempts; " in line and len(site.asked) == 20


def drip(handler, *beginning):
    """A byte each hundredth of a second."""
    for part in beginning:
        handler.wfile.write(part)
    for _ in range(200):
        time.sleep(0.01)
        try:
            handler.wfile.write(b"a")
        except OSError:
            return


SLOW = {
    "nothing at all": lambda h: time.sleep(0.2),
    "nothing after the headers": lambda h: (send(h, cut=0), time.sleep(0.2)),
    "drips its headers": lambda h: drip(h, OK),
    "drips its content": lambda h: drip(h, OK, b"Content-Length: 9999\r\n\r\n"),
    "drips the size of a chunk": lambda h: drip(h, OK, b"Transfer-Encoding: chunked\r\n\r\n"),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_slow_servers_are_given_up_after_the_stated_time(fetch, monkeypatch, answer):
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    begin = time.monotonic()
    line = fetch(answer)
    assert time.monotonic() - begin < 3
    few = f"fewer than {connection.LOWEST_RATE:,} bytes a second came for 0.1 seconds, 5 times"
    assert few in line or "nothing came for 0.1 seconds, 5 times" in line


def test_a_full_disk_while_writing(fetch, monkeypatch, site, tmp_path):
    """What was written stays, and is continued once there is room."""

    def full(response):
        if full.left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        full.left -= 1
        return response.read1(1000)

    full.left = 2
    with monkeypatch.context() as patch:
        patch.setattr(module, "_read", full)
        line = fetch(lambda h: send_rest(h, ETag='"1"'))
    assert "file.part (No space left on device); make room" in line
    assert fetch(lambda h: send_rest(h, ETag='"1"')) == CONTENT
    assert site.asked == [("file", "bytes=2000-")]


@pytest.mark.parametrize("body", [b"", b"[1, 2", b"404: Not Found", b"<html>", b"\x1f\x8b\x08"])
def test_a_json_file_without_md5_has_to_be_one(site, tmp_path, body):
    site.answer = lambda h: send(h, body=body, Content_Length=None)
    with pytest.raises(Unreachable, match="no JSON file|a web page|nothing came"):
        download((site.url + "split.json",), tmp_path / "split.json")
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size]


def test_the_command_ends_in_one_line(site, tmp_path, monkeypatch, capsys):
    """Whatever the server does: exit code 2, and the reason with the remedy beside it."""
    archive = Archive("a.tgz", (site.url + "a.tgz",), contents=below("", "images"))
    monkeypatch.setitem(sources.SOURCES, "dtd", Source((archive,)))
    assert place.SOURCES is sources.SOURCES
    for answer, _ in BAD.values():
        site.answer = answer
        assert cli(["dtd", "--root", str(tmp_path)]) == 2
        problem, error = capsys.readouterr().err.splitlines()
        assert problem.startswith("dtd: ") and error.startswith("error: dtd: ")
        assert not list(tmp_path.rglob("a.tgz"))
