"""What is known of a dataset's files: where they come from and where they belong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rada.prepare.unpack import unpack


@dataclass(frozen=True)
class File:
    """A file that belongs into the dataset's folder as it is.

    Attributes:
        name: below the dataset's folder.
        urls: tried in turn; none: only a person can fetch it.
        md5: empty if unknown.
        page: where a person gets it when no url works.
    """

    name: str
    urls: tuple[str, ...] = ()
    md5: str = ""
    page: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """Paths below the dataset's folder that are there once this is done."""
        return (self.name,)

    def remedy(self, folder: Path) -> str:
        """What a person does if the file cannot be fetched."""
        place = self.page or (self.urls[0] if self.urls else "a copy")
        return f"fetch it by hand from {place}, put it at {folder / self.name}, run this again"


@dataclass(frozen=True)
class Archive(File):
    """A zip or tar file, of which some files or folders are needed.

    Attributes:
        contents: path inside -> path below the dataset's folder; the rest is not unpacked.
        inner: path of an archive inside this one that has the contents.
        unpack: what to do with (archive, empty folder, paths inside, inner).
    """

    contents: Mapping[str, str] = field(default_factory=dict)
    inner: str = ""
    unpack: Callable[[Path, Path, tuple[str, ...], str], None] = unpack

    @property
    def targets(self) -> tuple[str, ...]:
        """See `File`."""
        return tuple(self.contents.values())


@dataclass(frozen=True)
class Source:
    """All of a dataset.

    Attributes:
        files: in the order in which they are fetched; small ones first.
        gigabytes: to download, about; None if unknown.
        by_hand: why a person has to fetch something; empty if nobody has to.
        steps: what that person does; "{folder}" stands for the dataset's folder.
    """

    files: tuple[File, ...]
    gigabytes: float | None = None
    by_hand: str = ""
    steps: tuple[str, ...] = ()


def below(folder: str, *names: str) -> dict[str, str]:
    """Contents of an archive that keep their names: all from one folder of it, "" for its top."""
    return {f"{folder}/{name}" if folder else name: name for name in names}
