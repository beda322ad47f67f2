"""Which packages of the library may import which."""

import ast
from pathlib import Path

import pytest

RADA = Path("rada")
# a room: what it must not import. Recipes (rada.trainers, rada.datasets) are nobody's to import,
# but for lists of all of them.
FORBIDDEN = {
    "head": ("engine", "encoders", "test_time", "features", "data", "experiments", "trainers"),
    "backbones": ("engine", "encoders", "head", "test_time", "features", "experiments", "trainers"),
    "encoders": ("engine", "test_time", "features", "experiments", "trainers"),
    "engine": ("experiments", "trainers", "datasets", "world", "prepare"),
    "test_time": ("experiments", "trainers", "datasets", "world", "prepare"),
    "features": ("test_time", "experiments", "trainers", "datasets", "world", "prepare"),
    "data": (
        *("engine", "features", "test_time", "rehearsal", "experiments", "trainers", "datasets"),
        *("world", "prepare"),
    ),
    "experiments": ("head", "encoders", "backbones", "workers"),
    "workers": ("head", "encoders", "backbones", "features", "test_time", "trainers", "datasets"),
}


def imported(file: Path) -> set[str]:
    """The modules of rada that a file imports, also inside of functions, as `engine.trainer`."""
    found = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    types_only = [
        n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n)
    ]
    for node in ast.walk(tree):
        if any(node in branch.body for branch in types_only):
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rada"):
            found |= {f"{node.module}.{name.name}" for name in node.names}
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("rada.")}
    return {name.removeprefix("rada.") for name in found}


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_imports_no_room_above_it(room):
    """Training does not know the tables, nor a model its trainer."""
    for file in (RADA / room).glob("*.py"):
        wrong = {name for name in imported(file) if name.split(".")[0] in FORBIDDEN[room]}
        assert not wrong, f"{file}: {wrong}"


def test_the_wheel_has_every_package():
    """pyproject.toml names them one by one."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    folders = {path.parent for path in RADA.rglob("*.py")}
    missing = [str(f) for f in folders if f'"{".".join(f.parts)}"' not in text]
    assert not missing


def test_recipes_import_the_library_and_each_other_only():
    for file in [*Path("trainers").glob("*.py"), *Path("datasets").glob("*.py")]:
        wrong = {
            name for name in imported(file) if name.split(".")[0] in ("experiments", "trainers")
        }
        assert not wrong, f"{file}: {wrong}"


def test_what_makes_tables_needs_no_pytorch():
    """So that `rada table` starts at once."""
    for file in (RADA / "experiments").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom)}
        assert not {name for name in names if name.split(".")[0] in ("torch", "dassl")}, file
