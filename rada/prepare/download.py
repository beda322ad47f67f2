"""Fetch a file over HTTP: resumed where it broke off, tried again, verified.

A server is given up after TRIES attempts in a row that bring nothing new or are too slow, each of
TIMEOUT seconds at most without progress (a stalled one after about three minutes), and after
ATTEMPTS in all. What came is kept and resumed by the next run if it can be shown to be of the same
version: by the server's validator, or in the end by a known md5. Otherwise it is fetched anew.
"""

import contextlib
import re
import shutil
import time
import urllib.error
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple

from rada.prepare.connection import Broken, TooSlow, network, open_url
from rada.prepare.messages import one_line
from rada.prepare.part import Part, Version
from rada.prepare.verify import CHUNK, WrongContent, bytes_bar, require_md5, require_plausible

TIMEOUT = 30  # seconds without a byte, or with fewer than connection.LOWEST_RATE bytes a second
TRIES = 5  # in a row that bring nothing new or are too slow
ATTEMPTS = 100  # in all, for one address
PAUSE = 1.0  # seconds before the first new try; doubles
RETRIED = {408, 425, 429, 500, 502, 503, 504}


class Unreachable(OSError):
    """An address that gives nothing; another may."""


def download(urls: tuple[str, ...], path: Path, md5: str = "") -> None:
    """Fetch a file from the first address that has it; `<name>.part` is what came so far.

    Raises:
        Unreachable: if no address has it; says why for each.
        OSError: if it cannot be written.
    """
    # each address has a part of its own: another may have other bytes
    parts = [
        Part(path.with_name(f"{path.name}{f'.{number + 1}' if number else ''}.part"))
        for number in range(len(urls))
    ]
    reasons = []
    for url, part in zip(urls, parts, strict=True):
        try:
            fetch_verified(url, part, path.name, md5)
        except (Unreachable, WrongContent) as error:
            kept = f"; {part.path} keeps what came, run this again to go on" if part.size else ""
            reasons.append(f"{url}: {error}{kept}")
        else:
            part.finish(path)
            for other in parts:
                other.discard()
            return
    raise Unreachable(f"{path.name} cannot be fetched ({'; '.join(reasons)})")


def fetch_verified(url: str, part: Part, name: str, md5: str) -> None:
    """Fetch one address and compare; a file that resuming spoilt is fetched once more, whole.

    Raises:
        WrongContent: if it is another file; it is removed.
        Unreachable, OSError: as `download`.
    """
    fetch(url, part, resume_unknown=bool(md5))
    try:
        _require_content(part, name, md5)
    except WrongContent:
        resumed = part.resumed
        part.discard()
        if not resumed:
            raise
        print(f"{name}: what came before was of another file; fetching it anew")
        fetch(url, part, resume_unknown=False)
        try:
            _require_content(part, name, md5)
        except WrongContent:
            part.discard()
            raise


def _require_content(part: Part, name: str, md5: str) -> None:
    require_md5(part.path, md5)
    if not md5:
        require_plausible(part.path, name)


def fetch(url: str, part: Part, resume_unknown: bool = False) -> None:
    """Fetch one address into a part, from where it ends.

    Args:
        resume_unknown: go on also where nothing says that the server's file is still the same.

    Raises:
        Unreachable, OSError: as `download`.
    """
    fruitless, most = 0, part.size
    for _ in range(ATTEMPTS):
        slow = False
        try:
            if attempt(url, part, resume_unknown):
                return
            reason = "the connection broke off"
        except Broken as error:
            reason, slow = str(error), isinstance(error, TooSlow)
        # the most so far counts: servers that begin anew and break off here and there gain nothing
        fruitless = 0 if part.size > most and not slow else fruitless + 1
        most = max(most, part.size)
        if fruitless == TRIES:
            raise Unreachable(f"{reason}, {TRIES} times")
        print(f"{reason}; trying again")
        time.sleep(PAUSE * 2 ** (fruitless - 1))
    raise Unreachable(f"{reason}; given up after {ATTEMPTS} attempts")


def attempt(url: str, part: Part, resume_unknown: bool) -> bool:
    """Fetch what is missing; True if the file is then complete.

    Raises:
        Broken: if another attempt may help.
        Unreachable: if none will.
        OSError: if it cannot be written.
    """
    version = part.version
    if part.size and not version and not resume_unknown:
        print(f"nothing says which version of the file {part.path} is of: fetching it anew")
        part.discard()
    try:
        response = open_url(url, _headers(part.size, version), TIMEOUT)
    except urllib.error.HTTPError as error:
        with contextlib.closing(error):
            return _answered_by_error(error, part, version)
    with response:
        return _receive(response, part, version)


def _headers(start: int, version: Version | None) -> dict[str, str]:
    headers = {"User-Agent": "rada-datasets", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if version:
            headers["If-Range"] = version.validator  # of another version: the whole file
    return headers


def _answered_by_error(error: urllib.error.HTTPError, part: Part, version: Version | None) -> bool:
    """Whether the error says that nothing is missing: 416, nothing after what we have."""
    reason = one_line(f"{error.code} {error.reason}")
    if error.code == 416 and part.size:
        is_end = error.headers.get("Content-Range") == f"bytes */{part.size}"
        if is_end and (not version or version.agrees(error.headers, part.size, is_error=True)):
            return True
        part.discard()
        raise Broken("the server has another file by now")
    if error.code in RETRIED:
        raise Broken(reason) from error
    raise Unreachable(reason) from error


class Extent(NamedTuple):
    """Which bytes of a file an answer has; None: the server does not say."""

    start: int
    end: int | None
    size: int | None


def _receive(response: HTTPResponse, part: Part, version: Version | None) -> bool:
    """Write an answer to the part; True if the file is then complete."""
    if response.headers.get_content_type() == "text/html":
        raise Unreachable("a web page came instead of the file")
    extent = _extent(response, part.size)
    is_continued = extent is not None and extent.start == part.size > 0
    if extent is None or (
        is_continued and version and not version.agrees(response.headers, extent.size)
    ):
        part.discard()
        raise Broken("the server sends a part of another file, or another part than asked for")
    _require_space(part.path, (extent.size or 0) - extent.start)
    found = Version.of(response.headers, extent.size)
    with part.go_on() if is_continued else part.begin(found) as file:
        end = extent.start + _copy(response, file, part, extent)
    if not end:
        if extent.size == 0:
            raise Unreachable("an empty file came")
        raise Broken("nothing came")
    return extent.end in (None, end) and extent.size in (None, end)


def _copy(response: HTTPResponse, file, part: Part, extent: Extent) -> int:
    """Write the body to a file; the number of bytes."""
    count = 0
    with bytes_bar(part.path.name.removesuffix(".part"), extent.size, extent.start) as bar:
        while chunk := _read(response):
            file.write(chunk)
            bar.update(len(chunk))
            count += len(chunk)
    return count


def _read(response: HTTPResponse) -> bytes:
    with network(TIMEOUT):
        return response.read1(CHUNK)


def _extent(response: HTTPResponse, asked: int) -> Extent | None:
    """Which bytes come; None if they are others than those that were asked for."""
    if response.status == 206:
        number = "([0-9]{1,18})"
        content_range = response.headers.get("Content-Range", "")
        span = re.fullmatch(rf"bytes {number}-{number}/(?:{number}|\*)", content_range)
        if not span or int(span[1]) != asked:
            return None
        end, size = int(span[2]) + 1, int(span[3]) if span[3] else None
        return Extent(asked, end, size) if asked < end <= (size or end) else None
    if response.status != 200:
        raise Unreachable(one_line(f"{response.status} {response.reason} instead of the file"))
    size = _length(response)  # the server ignores ranges, or has another version: all anew
    return Extent(0, size, size)


def _length(response: HTTPResponse) -> int | None:
    lengths = set(response.headers.get_all("Content-Length", []))
    if response.chunked or not lengths:
        return None
    length = lengths.pop()
    # what is no number leaves open where the file ends (RFC 9112, 6.3)
    if lengths or not re.fullmatch("[0-9]{1,18}", length):
        raise Unreachable(f'its Content-Length is "{one_line(length)}", not one number of bytes')
    return int(length)


def _require_space(part: Path, missing: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if missing > free:
        raise OSError(
            f"{part} needs another {missing / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
            "make room, or use another --root"
        )
