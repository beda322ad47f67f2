"""Names to classes or functions."""

import functools
from typing import Any


class Registry:
    """A mapping from names to objects, filled by decoration.

    Usage: `@DATASET_REGISTRY.register()` above a class, or `DATASET_REGISTRY.register(cls)`.
    """

    def __init__(self, name: str):
        self._name = name
        self._obj_map: dict[str, Any] = {}  # by Dassl's name: plugins look into it

    def register(self, obj: Any = None, force: bool = False) -> Any:
        """Register under the object's `__name__`; force replaces a former one.

        Raises:
            KeyError: if the name is taken.
        """
        if obj is not None:
            return self._add(obj, force)
        return functools.partial(self._add, force=force)

    def get(self, name: str) -> Any:
        """The object of that name.

        Raises:
            KeyError: if there is none.
        """
        if name not in self._obj_map:
            raise KeyError(f'Object name "{name}" does not exist in "{self._name}" registry')
        return self._obj_map[name]

    def registered_names(self) -> list[str]:
        """All names in order of registration."""
        return list(self._obj_map)

    def _add(self, obj: Any, force: bool) -> Any:
        name = obj.__name__
        if name in self._obj_map and not force:
            raise KeyError(
                f'An object named "{name}" was already registered in "{self._name}" registry'
            )
        self._obj_map[name] = obj
        return obj
