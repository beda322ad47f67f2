"""What image features depend on, as strings by name: equal keys mean equal features."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms import Compose

Key = dict[str, str]


def digest_of(key: Key) -> str:
    """sha256 of a key."""
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def of_weights(module: nn.Module) -> str:
    """sha256 of a module's parameters and buffers: names, shapes, types and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(as_bytes(tensor))
    return digest.hexdigest()


def as_bytes(tensor: Tensor) -> memoryview:
    """The numbers of a tensor as they lie in memory."""
    flat = tensor.detach().cpu().contiguous().flatten()
    return memoryview(flat.view(torch.uint8).numpy())


def of_pictures(paths: Iterable[str], root: str) -> Key:
    """Which pictures in which order, by their paths below a folder, and how large their files are.

    Args:
        paths: absolute.
        root: absolute; where it lies does not matter.

    Raises:
        OSError: if a file is not there.
    """
    pictures, sizes, prefix = hashlib.sha256(), hashlib.sha256(), root.rstrip(os.sep) + os.sep
    for path in paths:  # a million of them: no more than this for each
        pictures.update(os.fsencode(path.removeprefix(prefix)) + b"\n")
        sizes.update(b"%d\n" % os.path.getsize(path))
    return {"pictures": pictures.hexdigest(), "file sizes": sizes.hexdigest()}


def of_transform(transform: Any) -> str:
    """What a transform does, in words that are the same in every process."""
    if isinstance(transform, Compose):
        return "; ".join(map(of_transform, transform.transforms))
    if type(transform).__repr__ is object.__repr__ and hasattr(transform, "__dict__"):
        settings = ", ".join(f"{name}={value}" for name, value in sorted(vars(transform).items()))
        return f"{type(transform).__name__}({settings})"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(transform))
