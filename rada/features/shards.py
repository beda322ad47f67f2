"""A shard: features (n, D) in one safetensors file that says and proves what they are.

It appears whole or not at all, whatever interrupts the writing and whoever else writes it.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rada.features.key import as_bytes

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
    replace(path, save({NAME: features.contiguous()}, about))


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
    digest = hashlib.sha256(f"{made_of} {tuple(features.shape)} {features.dtype}\n".encode())
    digest.update(as_bytes(features))
    return digest.hexdigest()


def replace(path: Path, content: bytes) -> None:
    """Let a file hold this content; raises OSError if it cannot, and then all is as before."""
    # a name of its own: another run may be writing the same file now
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
