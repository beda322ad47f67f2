"""Modules that are imported at their first use."""

import importlib
from typing import Any


class Lazy:
    """Stands for a module: torchvision takes as long as PyTorch, and not all need it.

    Args:
        name: of the module, such as "torchvision.transforms".
    """

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)
