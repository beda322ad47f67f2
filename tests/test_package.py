"""What is installed: one name, `rada`, which runs from anywhere."""

import email
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import rada
from tests.test_requirements import PROJECT, requirements

PARTS = ("rada", "trainers", "datasets", "configs")
FILES = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The one that pip makes of these files."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        shutil.copytree(PROJECT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(PROJECT / file, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*command, "-w", str(target), str(source)], check=True, capture_output=True)
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Run a python with the wheel's content, in an empty folder; exit code, stdout, stderr."""
    place, folder = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("anywhere")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(place)
    environment = {**os.environ, "PYTHONPATH": str(place)}

    def python(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout, done.stderr

    return python


def test_the_wheel_holds_one_name_and_all_that_runs_need(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"rada", f"rada-{rada.__version__}.dist-info"}
    for part in PARTS:
        for path in (PROJECT / part).rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and path.parent.name != "prepare":
                inside = str(path.relative_to(PROJECT))
                assert (inside if part == "rada" else f"rada/{inside}") in names, inside


def test_the_command_runs_from_anywhere(run):
    code, out, _ = run("-m", "rada", "--help")
    assert code == 0 and all(f"\n  {name} " in out for name in ("train", "table", "demo"))
    assert run("-m", "rada", "--version")[1] == f"rada {rada.__version__}\n"
    code, out, err = run("-m", "rada", "trainers", "--backbone", "TinyCLIP", "--classes", "2")
    assert code == 0 and "\nRAdaCoOp " in out, err
    code, _, err = run("-m", "rada", "table", "nowhere")
    assert (code, err) == (2, "error: no folder nowhere\n")
    code, _, err = run("-m", "rada", "nothing")
    assert code == 2 and "invalid choice: 'nothing'" in err


def test_a_sweep_runs_from_anywhere(run):
    """The training, both tests and the table, with the configs in the package."""
    options = ("OPTIM.MAX_EPOCH", "1", "DATASET.NUM_SHOTS", "1")
    words = ("-m", "rada", "sweep", "base2new", "digits", "1", "CoOp", *options[:2])
    code, out, err = run(*words)
    assert code == 0, out + err
    assert re.search(r"digits +[\d.]+ +[\d.]+ +[\d.]+", out)
    code, out, _ = run("-m", "rada", "table", "output/base2new")
    assert code == 0 and "digits" in out


def test_importing_rada_imports_no_torch(run):
    words = "import sys, rada; assert 'torch' not in sys.modules; rada.RAdaHead; rada.RationalMask"
    assert run("-c", words)[0] == 0


def test_the_names_of_others_are_left_to_them(run):
    words = "from importlib.util import find_spec as f; print([n for n in {} if f(n)])"
    own = ["datasets", "trainers", "models", "features", "results", "world", "toolbox", "configs"]
    assert run("-c", words.format(own))[1] == "[]\n"


@pytest.mark.parametrize("first", ["datasets", "rada"])
def test_a_package_called_datasets_stays_what_it_is(first, tmp_path):
    """Hugging Face's, in the checkout: whichever is imported first."""
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "__init__.py").write_text("whose = 'theirs'\n")
    words = f"""
import {first}
import datasets, rada.data.registry, rada.toolbox
rada.toolbox.use_dassl()
assert datasets.whose == "theirs"
assert rada.data.registry.dataset_class("dtd").__module__ == "rada.datasets.dtd"
assert datasets.whose == "theirs"
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(tmp_path)])}
    done = subprocess.run([sys.executable, "-c", words], env=environment, cwd=PROJECT)
    assert done.returncode == 0


def test_dependencies_are_those_of_requirements_txt(wheel):
    """But for what only curves need."""
    with zipfile.ZipFile(wheel) as file:
        name = next(name for name in file.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(file.read(name))
    found = {r.name: r for r in map(Requirement, metadata.get_all("Requires-Dist"))}
    wanted = requirements("requirements.txt")
    assert {n: r.specifier for n, r in found.items()} == {n: r.specifier for n, r in wanted.items()}
    assert {n for n, r in found.items() if r.marker} == {"matplotlib"}
    assert metadata.get_all("Provides-Extra") == ["curves"]
