"""Seeds, environment, names."""

import os
import platform
import random
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import PIL
import torch


def set_random_seed(seed: int) -> None:
    """Seed python, numpy and torch on all devices."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)


def collect_env_info() -> str:
    """What a log should say about the machine; needs no other program."""
    lines = [
        f"PyTorch version: {torch.__version__}",
        f"CUDA used to build PyTorch: {torch.version.cuda}",
        f"Is CUDA available: {torch.cuda.is_available()}",
        f"cuDNN version: {torch.backends.cudnn.version()}",
        *(f"GPU {i}: {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())),
        f"OS: {platform.platform()}",
        f"Python version: {platform.python_version()}",
        f"CPUs: {os.cpu_count()} ({platform.machine()}), threads: {torch.get_num_threads()}",
        f"numpy: {np.__version__}",
    ]
    return "\n".join(lines) + f"\n        Pillow ({PIL.__version__})"


def get_most_similar_str_to_a_from_b(a: str, b: Sequence[str]) -> str | None:
    """The string in b nearest to a, the last of equals; None if b is empty."""
    return max(reversed(b), key=lambda name: SequenceMatcher(None, a, name).ratio(), default=None)


def check_availability(requested: str, available: Sequence[str]) -> None:
    """Raise ValueError, suggesting the nearest, unless `requested` is available."""
    if requested not in available:
        nearest = get_most_similar_str_to_a_from_b(requested, available)
        raise ValueError(
            f"The requested one is expected to belong to {available}, "
            f"but got [{requested}] (do you mean [{nearest}]?)"
        )


def tolist_if_not(x: Any) -> list:
    """x itself if it is a list, else a list of it."""
    return x if isinstance(x, list) else [x]
