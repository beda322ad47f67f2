"""Reading the annotation files that datasets come with."""

import contextlib
import os
from collections.abc import Iterator

from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from rada.files import require_regular


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Turn whatever goes wrong with a file into one line that names it.

    Raises:
        FileNotFoundError, ValueError: if the file is missing or not what is expected.
    """
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} not found; unpack the dataset's annotations") from None
    except (KeyError, IndexError, TypeError, ValueError, OSError, MatReadError) as error:
        reason = f"{type(error).__name__}: {error}".replace("\n", " ")
        raise ValueError(f"{path} cannot be read ({reason}); fetch it again") from error


def read_rows(path: str, columns: int | None = None) -> list[list[str]]:
    """The lines of a text file, split at blanks; empty lines are left out.

    Args:
        columns: how many a line has; the last takes what is left. None: any number.
    """
    require_regular(path)
    with naming(path), open(path, encoding="utf-8-sig") as file:
        rows = [line.split(None, (columns or 0) - 1) for line in map(str.strip, file) if line]
        for row in rows:
            if columns and len(row) != columns:
                raise ValueError(f'line "{" ".join(row)}"')
        return rows


def read_mat(path: str, name: str):
    """An array of a MATLAB file."""
    require_regular(path)
    with naming(path):
        return loadmat(os.path.abspath(path))[name]
