"""Pictures of a dataset: what is known of one, whether its file exists, whether it can be read."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from dassl.utils import listdir_nohidden
from rada.files import sha256

# not from `dassl`: an installed one has no such module
from rada.toolbox.dassl.pictures import as_rgb, open_picture

RECORDS = "split_fewshot"  # folder of a dataset with what is written about it, CoOp's name
REMEMBERED = "checked_pictures.txt"


class Picture(NamedTuple):
    """A picture of a split; unlike Dassl's Datum it costs no look at the disk."""

    impath: str
    label: int
    classname: str


def list_pictures(folder: str) -> list[str]:
    """Paths of the pictures in a folder, sorted; other files are mentioned and left out."""
    endings, names = Image.registered_extensions(), listdir_nohidden(folder, sort=True)
    pictures = [name for name in names if os.path.splitext(name)[1].lower() in endings]
    if len(pictures) < len(names):
        others = sorted(set(names) - set(pictures))
        print(f"{folder}: {len(others)} files are no pictures, such as {others[0]}")
    return [os.path.join(folder, name) for name in pictures]


def list_folders(folder: str) -> list[str]:
    """Names of the folders in a folder, sorted, without hidden ones and RECORDS.

    Raises:
        FileNotFoundError: if it is no folder.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{folder} is no folder; it has to hold one folder for each class")
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and entry.name != RECORDS]
    return sorted(name for name in names if not name.startswith("."))


def absent(paths: Iterable[str]) -> list[str]:
    """Those of the paths that are no files; lists each folder once instead of asking for each."""
    by_folder = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition(os.sep)
        by_folder[folder].append(name)
    found = []
    for folder, names in by_folder.items():
        there = _files(folder)
        found += [os.path.join(folder, name) for name in names if name not in there]
    return found


def unreadable(paths: Iterable[str], progress: bool = True) -> Iterator[tuple[str, str]]:
    """Decode every picture, several at once; yields (path, reason) of those that cannot be."""
    paths = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        reasons = pool.map(reason_unreadable, paths)
        bar = tqdm(reasons, total=len(paths), unit="picture", disable=not progress)
        try:
            yield from ((path, why) for path, why in zip(paths, bar, strict=True) if why)
        finally:
            bar.close()
            pool.shutdown(cancel_futures=True)


def reason_unreadable(path: str) -> str:
    """Why a picture cannot be decoded to its end, or not be made RGB; empty if it can."""
    try:
        with open_picture(path) as image:
            # a JPEG decoded at an eighth of its size is read to its end all the same
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            as_rgb(image)
    except UnidentifiedImageError:
        return "not a picture"
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, ...
        return getattr(error, "strerror", None) or f"{error}" or type(error).__name__
    return ""


def require_readable(paths: list[str], dataset_dir: str) -> None:
    """Decode pictures once; a file in RECORDS remembers which lists were found good.

    A list counts as new once a file in it has another size or date. A folder that cannot be
    written remembers nothing.

    Raises:
        ValueError: for the first picture that cannot be read, with the remedy.
    """
    memory = os.path.join(dataset_dir, RECORDS, REMEMBERED)
    digest = _digest(paths)
    if digest in _lines(memory):
        return
    print(f"Checking {len(paths):,} pictures (once)")
    for path, reason in unreadable(paths, progress=len(paths) > 20_000):
        raise ValueError(f'cannot read picture "{path}": {reason}; replace or remove it')
    try:
        os.makedirs(os.path.dirname(memory), exist_ok=True)
        with open(memory, "a", encoding="ascii") as file:
            file.write(f"{digest}\n")
    except OSError as error:
        print(f"Not remembered: {error}")


def _files(folder: str) -> set[str]:
    try:
        with os.scandir(folder or ".") as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _digest(paths: list[str]) -> str:
    def line(path: str) -> str:
        try:
            facts = os.stat(path)
        except OSError as error:  # a link that leads nowhere
            reason = f'cannot read picture "{path}": {error.strerror}; replace or remove it'
            raise ValueError(reason) from None
        return f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n"

    return sha256(map(line, paths))


def _lines(path: str) -> set[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return set(file.read().split())
    except OSError:
        return set()


def path_below(root: str, path: str) -> str:
    """A picture's path below a folder: the same on every machine."""
    return os.path.relpath(os.path.abspath(path), _absolute(root)).replace(os.sep, "/")


def root_of(folder: str, root: str) -> str:
    """The folder that the pictures in a dataset's folder are named from.

    It is the root of the datasets, or the one that holds a folder elsewhere: where the root lies
    says nothing about those pictures.
    """
    folder, root = _absolute(folder), _absolute(root)
    return root if os.path.commonpath([folder, root]) == root else os.path.dirname(folder)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))
