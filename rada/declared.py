"""What trainers/ and datasets/ declare, read without running them, which would take seconds."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from rada.config_files import user_folders


def declared_classes(package: str) -> Iterator[ast.ClassDef]:
    """The classes of the files in a package such as rada.trainers; broken files have none."""
    try:
        places = list(importlib.import_module(package).__path__)
    except ModuleNotFoundError:
        places = []
    own = user_folders() if package == "rada.trainers" else []
    for place in dict.fromkeys([*places, *map(str, own)]):
        for file in sorted(Path(place).glob("*.py")):
            try:
                body = ast.parse(file.read_text(encoding="utf-8")).body
            except (SyntaxError, ValueError):  # importing it says why
                continue
            yield from (node for node in body if isinstance(node, ast.ClassDef))


def registered_trainers() -> set[str]:
    """Names of the trainers that enter Dassl's registry."""
    return {
        node.name
        for node in declared_classes("rada.trainers")
        for decorator in node.decorator_list
        if "TRAINER_REGISTRY.register" in ast.unparse(decorator)
    }


def adds_keys(*names: str) -> bool:
    """Whether classes of these names say of themselves that they extend the config."""
    found = (*declared_classes("rada.trainers"), *declared_classes("rada.datasets"))
    hooks = ("extend_cfg", "declared")
    return any(
        node.name in names and any(getattr(part, "name", "") in hooks for part in node.body)
        for node in found
    )


def declared_folder(stem: str) -> tuple[str, str] | None:
    """Class and folder of the dataset with this config; None for one that says no folder."""
    for node in declared_classes("rada.datasets"):
        said = _constants(node)
        if said.get("stem") == stem and "dataset_dir" in said:
            return node.name, said["dataset_dir"]
    return None


def _constants(node: ast.ClassDef) -> dict[str, str]:
    """The attributes of a class that are plain strings."""
    assigned = [line for line in node.body if isinstance(line, ast.Assign)]
    return {
        target.id: line.value.value
        for line in assigned
        for target in line.targets
        if isinstance(target, ast.Name)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    }
