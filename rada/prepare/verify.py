"""Compare a file with its md5 or its kind, and the bars of whatever reads many bytes."""

import hashlib
import json
from pathlib import Path

from tqdm import tqdm

CHUNK = 1 << 20  # bytes


class WrongContent(ValueError):
    """A file that is not what it should be."""


def require_md5(path: Path, md5: str) -> None:
    """Raise WrongContent unless a file has this md5; an empty one is not compared."""
    if md5 and (found := md5_of(path)) != md5:
        raise WrongContent(f"{path} has md5 {found}, not {md5}: damaged, or another file")


def require_plausible(path: Path, name: str) -> None:
    """Raise WrongContent for a web page, and for a JSON file that is cut off or none.

    This is for files without a published md5. Archives are verified as they are unpacked.

    Args:
        name: what the file will be called; its ending says what it is.
    """
    with path.open("rb") as file:
        beginning = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<!doctype html", b"<html")):
        raise WrongContent("a web page came instead of the file")
    if name.endswith(".json"):
        try:
            json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise WrongContent(f"what came is no JSON file, or a part of one ({error})") from None


def md5_of(path: Path) -> str:
    """Hexadecimal md5 of a file."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file, bytes_bar(f"verify {path.name}", path.stat().st_size) as bar:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def bytes_bar(description: str, total: int | None, start: int = 0) -> tqdm:
    """A progress bar in bytes; none where stderr is no terminal."""
    unit = {"unit": "B", "unit_scale": True, "unit_divisor": 1000}
    return tqdm(desc=description, total=total, initial=start, disable=None, **unit)
