"""Fetch a file over HTTP: resumed where it broke off, tried again, verified."""

import contextlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from rada.prepare.verify import CHUNK, WrongContent, bytes_bar, require_md5

TIMEOUT = 30  # seconds without a byte
TRIES = 5  # in a row that bring nothing new
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
    reasons = []
    for number, url in enumerate(urls):
        # each address has a part of its own: another may have other bytes
        part = path.with_name(f"{path.name}{f'.{number + 1}' if number else ''}.part")
        try:
            fetch(url, part)
            require_md5(part, md5)
        except WrongContent as error:
            part.unlink()
            reasons.append(f"{url}: {error}")
        except Unreachable as error:
            reasons.append(f"{url}: {error}")
        else:
            part.replace(path)
            return
    raise Unreachable(f"{path.name} cannot be fetched ({'; '.join(reasons)})")


def fetch(url: str, part: Path) -> None:
    """Fetch one address into a file, from where the file ends.

    Raises:
        Unreachable, OSError: as `download`.
    """
    fruitless = 0
    while True:
        before = _size(part)
        try:
            if _continue(url, part):
                return
            reason = "the connection broke off"
        except urllib.error.HTTPError as error:
            reason = f"{error.code} {error.reason}"
            if error.code == 416:  # there is nothing after what we have
                if error.headers.get("Content-Range") == f"bytes */{before}":
                    return
                part.unlink(missing_ok=True)  # the file there is another one by now
            elif error.code not in RETRIED:
                raise Unreachable(reason) from error
        except _Broken as error:
            reason = str(error)
        fruitless = 0 if _size(part) > before else fruitless + 1
        if fruitless == TRIES:
            raise Unreachable(f"{reason}, {TRIES} times")
        print(f"{reason}; trying again")
        time.sleep(PAUSE * 2 ** (fruitless - 1))


class _Broken(Exception):
    """The network failed, in whatever way."""


@contextlib.contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise _Broken(reason) from error


def _continue(url: str, part: Path) -> bool:
    """Fetch what is missing; True if the file is then complete."""
    start = _size(part)
    headers = {"User-Agent": "rada-datasets", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with _network():
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT
        )
    with response:
        if response.headers.get_content_type() == "text/html":
            raise Unreachable("a web page came instead of the file")
        start, total = _extent(response, start)
        _require_space(part, (total or 0) - start)
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            with bytes_bar(part.name.removesuffix(".part"), total, start) as bar:
                while chunk := _read(response):
                    file.write(chunk)
                    bar.update(len(chunk))
            return total is None or file.tell() == total


def _read(response: http.client.HTTPResponse) -> bytes:
    with _network():
        return response.read(CHUNK)


def _extent(response: http.client.HTTPResponse, asked: int) -> tuple[int, int | None]:
    """Where the answer begins in the file, and the whole file's size if the server says so."""
    span = re.match(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if response.status == 206 and span and int(span[1]) == asked:
        return asked, None if span[2] == "*" else int(span[2])
    if response.status == 206:
        raise _Broken("the server sends another part of the file than asked for")
    length = response.headers.get("Content-Length")  # the server ignores ranges: all anew
    return 0, int(length) if length else None


def _require_space(part: Path, missing: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if missing > free:
        raise OSError(
            f"{part} needs another {missing / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
            "make room, or use another --root"
        )


def _size(path: Path) -> int:
    return os.path.getsize(path) if path.exists() else 0
