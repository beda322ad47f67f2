"""A file that is being fetched, and of which version of the file on the server it is.

A part is continued only with bytes of the same version: the server's validator (RFC 9110, 8.8)
is kept beside it. Otherwise the file would be stitched from two.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from typing import IO

from rada.prepare.messages import naming_disk


@dataclass(frozen=True)
class Version:
    """A version of a file on a server.

    Attributes:
        etag: strong, else empty: a weak one may be that of other bytes.
        last_modified: a date as the server writes it, or empty.
        size: of the whole file in bytes, None if the server does not say.
    """

    etag: str = ""
    last_modified: str = ""
    size: int | None = None

    @classmethod
    def of(cls, headers: Message, size: int | None) -> "Version":
        """The version that an answer is of."""
        etag = str(headers.get("ETag", "")).strip()
        date = str(headers.get("Last-Modified", "")).strip()
        return cls(
            etag if re.fullmatch(r'"[!#-~]*"', etag) else "",
            date if re.fullmatch(r"[ -~]+", date) else "",
            size,
        )

    @property
    def validator(self) -> str:
        """What If-Range takes; empty if nothing tells this version from others."""
        return self.etag or self.last_modified

    def agrees(self, headers: Message, size: int | None, is_error: bool = False) -> bool:
        """Whether an answer is of this version, by all that it says.

        Args:
            size: of the whole file, None if the answer does not say.
            is_error: errors need not repeat the ETag; partial answers have to (RFC 9110, 15.3.7).
        """
        found = Version.of(headers, size)
        if None not in (self.size, size) and self.size != size:
            return False
        if self.etag and not (is_error and "ETag" not in headers):
            return found.etag == self.etag
        return found.last_modified in ("", self.last_modified)


class Part:
    """`<name>.part`: the beginning of a file; `<name>.part.version`: which file's.

    Attributes:
        resumed: whether it is put together from several answers.
    """

    def __init__(self, path: Path):
        self.path = path
        self.record = path.with_name(path.name + ".version")
        self.resumed = False

    @property
    def size(self) -> int:
        """In bytes; 0 if there is none."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> Version | None:
        """None if it is unknown."""
        try:
            version = Version(**json.loads(self.record.read_text(encoding="utf-8")))
            return version if version.validator else None
        except (OSError, ValueError, TypeError):  # none, or cut off as it was written
            return None

    def discard(self) -> None:
        """Remove what came so far."""
        self.record.unlink(missing_ok=True)  # first: a part without a record is not trusted
        self.path.unlink(missing_ok=True)
        self.resumed = False

    @contextmanager
    def begin(self, version: Version) -> Iterator[IO[bytes]]:
        """Write it from its start.

        Raises:
            OSError: if it cannot be written, with the remedy.
        """
        with naming_disk(self.path):
            self.discard()
            with self.path.open("wb") as file:
                if version.validator:
                    self.record.write_text(json.dumps(asdict(version)), encoding="utf-8")
                yield file

    @contextmanager
    def go_on(self) -> Iterator[IO[bytes]]:
        """Write on at its end.

        Raises:
            OSError: if it cannot be written, with the remedy.
        """
        self.resumed = True
        with naming_disk(self.path), self.path.open("ab") as file:
            yield file

    def finish(self, path: Path) -> None:
        """Give it its final name."""
        self.record.unlink(missing_ok=True)
        self.path.replace(path)
