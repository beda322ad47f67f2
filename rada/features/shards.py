"""A shard: features (n, D) in one safetensors file that says and proves what they are.

It appears whole or not at all, whatever interrupts the writing and whoever else writes it.
"""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rada.features.key import as_bytes
from rada.files import replacing, require_regular, sha256

NAME = "features"  # of the tensor in its file


class Damaged(ValueError):
    """A file is no shard, or not the one that was wanted."""


def write_shard(path: Path, features: Tensor, made_of: str) -> None:
    """Write features (n, D) of any type.

    Args:
        path: of the file; what it held before stays until all of the new is on disk.
        features: on the CPU.
        made_of: what they are; they cannot be read as something else.

    Raises:
        OSError: if that fails.
    """
    about = {"made_of": made_of, "sha256": checksum(features, made_of)}
    content = save({NAME: features.contiguous()}, about)
    with replacing(path) as file:
        file.write(content)


def read_shard(path: Path, made_of: str) -> Tensor:
    """The features of a file, mapped into memory: pages are read as they are needed.

    Args:
        path: of the file.
        made_of: what they have to be.

    Raises:
        FileNotFoundError: if there is no such file.
        Damaged: if it was cut off or changed, or holds something else.
        OSError: if it cannot be read.
    """
    try:
        require_regular(path)
    except ValueError as error:
        raise Damaged(str(error)) from None
    try:
        with safe_open(path, framework="pt") as file:
            about, features = file.metadata() or {}, file.get_tensor(NAME)
    except SafetensorError as error:
        raise Damaged(str(error)) from error
    if about.get("made_of") != made_of:
        raise Damaged("it holds features of something else")
    if about.get("sha256") != checksum(features, made_of):
        raise Damaged("its numbers have changed")
    return features


def checksum(features: Tensor, made_of: str) -> str:
    """sha256 of features and what they are."""
    what = f"{made_of} {tuple(features.shape)} {features.dtype}\n"
    return sha256([what, as_bytes(features)])
