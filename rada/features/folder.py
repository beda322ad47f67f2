"""A folder of shards: all features that a key stands for. What is missing of them is made."""

import contextlib
import json
import math
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from torch import Tensor

from rada.features.key import Key, digest_of
from rada.features.shards import Damaged, read_shard, write_shard
from rada.files import replacing
from rada.kinds import Text
from rada.records import MapOf, read_record

KEY = "key.json"  # for people: what decides is in the folder's name and in each shard
ROWS, SHARDS = 1000, 1000  # a shard has about so many rows; more where there would be more shards
REMEDY = "name another FEATURES.FOLDER, or set FEATURES.CACHE False"

# missing shards, and whether one is there by now -> the features (n, D) of each that is not
Encode = Callable[[list[range], Callable[[range], bool]], Iterator[tuple[range, Tensor]]]


class FeatureFolder:
    """`<parent>/<name>-<digest of the key>`, with one file for each shard.

    Args:
        parent: FEATURES.FOLDER.
        name: of the dataset.
        key: what the features depend on.
        total: rows of all shards.
        batch: rows that are encoded together; a shard holds whole batches.

    Attributes:
        path: of the folder.
        shards: the rows of each.
    """

    def __init__(self, parent: str, name: str, key: Key, total: int, batch: int):
        self.key, self.digest, self.name = key, digest_of(key), name
        self.path = Path(os.path.expanduser(parent)) / f"{name}-{self.digest[:16]}"
        rows = batch * math.ceil(max(ROWS, total / SHARDS) / batch)
        self.shards = [range(i, min(i + rows, total)) for i in range(0, total, rows)]

    def open(self, encode: Encode) -> list[Tensor]:
        """The features (n, D) of all shards, in order; those that are not there are encoded.

        An interrupted run goes on at its last shard, and several runs at once share the work.

        Raises:
            OSError: if a shard cannot be written or read; those that are written stay.
        """
        found = {rows: self.read(rows) for rows in self.shards}
        missing = [rows for rows, features in found.items() if features is None]
        if missing:
            self.begin(sum(map(len, missing)))
            first = secrets.randbelow(len(missing))  # several runs share the work
            for rows, features in encode(missing[first:] + missing[:first], self.has):
                with self.writing():
                    write_shard(self.file(rows), features, self.made_of(rows))
            found |= {rows: self.read(rows) for rows in missing}
        shards = []
        for rows, shard in found.items():
            if shard is None:
                raise OSError(f"{self.file(rows)} cannot be read back; {REMEDY}")
            shards.append(shard)
        print(f"Image features: {self.path}")
        return shards

    def read(self, rows: range) -> Tensor | None:
        """The features of a shard; None if it is not there or damaged, which is told."""
        file = self.file(rows)
        try:
            return read_shard(file, self.made_of(rows))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Damaged as error:
            print(f"{file} is damaged and made anew ({error})")
            return None
        except OSError as error:
            raise OSError(f"cannot read {file} ({error}); {REMEDY}") from error

    def has(self, rows: range) -> bool:
        """Whether a shard is there and whole."""
        with contextlib.suppress(OSError, Damaged):
            read_shard(self.file(rows), self.made_of(rows))
            return True
        return False

    def begin(self, number: int) -> None:
        """Make the folder, and say how many rows are made and why nothing else will do."""
        for other, names in self.others():
            print(f"{other} has features of these pictures, but differs in {', '.join(names)}")
        print(f"Encoding {number:,} views of pictures once, for {self.path}")
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
            if not (self.path / KEY).exists():
                with replacing(self.path / KEY, "w") as file:
                    json.dump(self.key, file, indent=1)

    def others(self) -> Iterator[tuple[Path, list[str]]]:
        """Folders with features of the same pictures, and what of their keys is another."""
        for file in sorted(self.path.parent.glob(f"{self.name}-*/{KEY}")):
            theirs: Key = {}
            with contextlib.suppress(OSError, ValueError):  # damaged: nothing to tell
                theirs |= read_record(file, MapOf(Text()), "it is made anew")
            names = [n for n in self.key | theirs if theirs.get(n) != self.key.get(n)]
            if names and "pictures" not in names:
                yield file.parent, names

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """An OSError inside becomes one line that says what to do."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or getattr(error.__cause__, "strerror", None) or error
            raise OSError(
                f"cannot write features to {self.path} ({reason}); what is there is kept: make "
                f"space or let it be written to, {REMEDY}"
            ) from error

    def file(self, rows: range) -> Path:
        """Where a shard is."""
        return self.path / f"{rows.start:09d}-{rows.stop:09d}.safetensors"

    def made_of(self, rows: range) -> str:
        """What a shard says of itself."""
        return f"{self.digest} rows {rows.start} to {rows.stop}"
