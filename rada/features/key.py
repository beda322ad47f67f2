"""What image features depend on, as strings by name: equal keys mean equal features."""

import json
import os
import re
from collections.abc import Iterable
from typing import Any

import PIL
import torch
from torch import Tensor, nn

from rada.files import sha256

Key = dict[str, str]


def digest_of(key: Key) -> str:
    """sha256 of a key."""
    return sha256([json.dumps(key, sort_keys=True)])


def of_weights(module: nn.Module) -> str:
    """sha256 of a module's parameters and buffers: names, shapes, types and values."""
    tensors = sorted(module.state_dict().items())
    what = {name: f"{name} {tuple(tensor.shape)} {tensor.dtype}\n" for name, tensor in tensors}
    return sha256(part for name, tensor in tensors for part in (what[name], as_bytes(tensor)))


def as_bytes(tensor: Tensor) -> memoryview:
    """The numbers of a tensor as they lie in memory."""
    flat = tensor.detach().cpu().contiguous().flatten()
    return flat.view(torch.uint8).numpy().data


def of_pictures(paths: Iterable[str], root: str) -> Key:
    """Which pictures in which order, by their paths below a folder, and how large their files are.

    Args:
        paths: absolute.
        root: absolute; where it lies does not matter.

    Raises:
        OSError: if a file is not there.
    """
    paths, prefix = list(paths), root.rstrip(os.sep) + os.sep
    return {  # a million of them: no more than this for each
        "pictures": sha256(os.fsencode(path.removeprefix(prefix)) + b"\n" for path in paths),
        "file sizes": sha256(b"%d\n" % os.path.getsize(path) for path in paths),
    }


def of_transform(transform: Any) -> str:
    """What a transform does, in words that are the same in every process.

    Its class, then its settings, those of transforms inside it among them.
    """
    if isinstance(transform, list | tuple):
        return f"[{', '.join(map(of_transform, transform))}]"
    if isinstance(transform, type) or callable(transform) and hasattr(transform, "__qualname__"):
        return f"{transform.__module__}.{transform.__qualname__}"
    if isinstance(transform, Tensor):
        return f"{tuple(transform.shape)} {sha256([as_bytes(transform)])}"
    if not callable(transform):
        return re.sub(r" at 0x[0-9a-f]+", "", repr(transform))
    settings = {n: v for n, v in sorted(vars(transform).items()) if v not in ({}, set(), None)}
    told = ", ".join(f"{name}={of_transform(value)}" for name, value in settings.items())
    return f"{type(transform).__module__}.{type(transform).__qualname__}({told})"


def versions() -> str:
    """Of what decodes, transforms and encodes pictures: another one may change the last digits."""
    import torchvision

    names = {module.__name__: module.__version__ for module in (torch, torchvision, PIL)}
    return ", ".join(f"{name} {version}" for name, version in names.items())
