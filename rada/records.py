"""What the files that this project reads back hold: records, by the kinds of their parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rada.files import read_json
from rada.kinds import Kind, shown


@dataclass(frozen=True)
class Record(Kind):
    """A mapping with certain keys, such as an object of JSON.

    Args:
        parts: the kind of each key that has to be there.
        optional: of those that may be; whatever else is there stays as it is.
    """

    parts: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)

    def taken(self, value: Any) -> dict:
        if not isinstance(value, dict):
            raise ValueError
        missing = [key for key in self.parts if key not in value]
        if missing:
            raise ValueError(f"it has no {missing[0]}")
        known = {**self.parts, **self.optional}
        return {k: part(known[k], v, k) if k in known else v for k, v in value.items()}

    def words(self) -> str:
        return f"a record with {', '.join(self.parts)}"


@dataclass(frozen=True)
class MapOf(Kind):
    """A mapping from strings to values of one kind."""

    of: Kind

    def taken(self, value: Any) -> dict:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise ValueError
        return {key: part(self.of, each, key) for key, each in value.items()}

    def words(self) -> str:
        return f"a mapping to {self.of.words()} each"


@dataclass(frozen=True)
class ListOf(Kind):
    """A list of any number of one kind."""

    of: Kind

    def taken(self, value: Any) -> list:
        if not isinstance(value, list | tuple):
            raise ValueError
        return [part(self.of, each, f"entry {i}") for i, each in enumerate(value, 1)]

    def words(self) -> str:
        return f"a list, of {self.of.words()} each"


@dataclass(frozen=True)
class OrNone(Kind):
    """Nothing, or a value of a kind."""

    of: Kind

    def taken(self, value: Any) -> Any:
        return None if value is None else self.of.taken(value)

    def words(self) -> str:
        return f"nothing, or {self.of.words()}"


def part(kind: Kind, value: Any, name: str) -> Any:
    """A part of a record as it is kept; raises ValueError that names it."""
    try:
        return kind.taken(value)
    except (ValueError, RecursionError) as error:
        said = str(error) or f"{shown(value)} is not {kind.words()}"
        raise ValueError(f"{name}: {said}") from None


def read_record(path: str | Path, kind: Kind, remedy: str) -> Any:
    """The content of a JSON file as it is kept; raises as `checked` and `read_json`."""
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f"{error}; {remedy}") from None
    return checked(kind, content, str(path), remedy)


def checked(kind: Kind, value: Any, where: str, remedy: str) -> Any:
    """The content of a file as it is kept.

    Args:
        kind: what it has to be.
        value: what was read.
        where: such as the path of the file.
        remedy: what to do about it.

    Raises:
        ValueError: in one line.
    """
    try:
        return part(kind, value, where)
    except ValueError as error:
        raise ValueError(f"{error}; {remedy}") from None
