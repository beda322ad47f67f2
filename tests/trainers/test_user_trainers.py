"""README's trainer followed to the letter, in a folder of the user's: one file and one config."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

README = Path("README.md").read_text(encoding="utf-8")
CODE = next(
    code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "TextShift" in code
)


def run(folder, *words: str) -> subprocess.CompletedProcess:
    """A command of the checkout with trainers of a folder."""
    environment = {**os.environ, "RADA_TRAINERS": str(folder)}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture
def folder(tmp_path):
    """As README says, and nothing else."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/textshift.py").write_text(CODE)
    config = yaml.safe_load(Path("configs/trainers/CoOp/world.yaml").read_text())
    del config["TRAINER"]
    place = tmp_path / "mine/configs/trainers/TextShift/world.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(yaml.safe_dump(config))
    return tmp_path / "mine"


def test_the_tests_of_every_trainer_pick_both_up(folder):
    """All of them pass, for the trainer and for its RAda version, which has no config."""
    words = ("tests/trainers/test_every_trainer.py", "-k", "TextShift", "-p", "no:cacheprovider")
    found = run(folder, "-m", "pytest", *words, "--basetemp", str(folder.parent / "tests"))
    assert found.returncode == 0, found.stdout[-3000:]
    passed = re.search(r"(\d+) passed", found.stdout)
    assert passed and int(passed[1]) >= 11 and "failed" not in found.stdout


def test_a_broken_file_is_named_and_stops_its_own_trainers_only(folder, tmp_path):
    broken = "from dassl.engine import TRAINER_REGISTRY\nfrom .coop import CoOp\n"
    broken += (
        "@TRAINER_REGISTRY.register()\nclass Half(CoOp):\n    pass\n\nimport no_such_package\n"
    )
    (folder / "half.py").write_text(broken)
    listed = run(folder, "-m", "trainers", "--list", "--backbone", "TinyCLIP", "--classes", "3")
    why = "half.py is left out (ModuleNotFoundError: No module named 'no_such_package')"
    assert listed.returncode == 0 and listed.stderr.count(why) == 1
    names = {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}
    assert {"TextShift", "RAdaTextShift", "CoOp"} <= names and "Half" not in names
    data = ("--dataset-config-file", "configs/datasets/digits.yaml", "--root", str(tmp_path))
    asked = run(folder, "train.py", "--trainer", "Half", *data, "--output-dir", str(tmp_path / "o"))
    assert asked.returncode == 2 and 'unknown trainer "Half"' in asked.stderr
    assert asked.stderr.strip().endswith(why)


def test_scripts_find_trainer_and_config(folder, tmp_path):
    """From another folder, with a relative path."""
    environment = {**os.environ, "RADA_TRAINERS": "mine", "PYTHON": sys.executable}
    environment |= {"OUTPUT": str(tmp_path / "out"), "DATA": str(tmp_path / "data")}
    script = str(Path("scripts/rada/base2new_train.sh").resolve())
    words = ["fabrics", "1", "RAdaTextShift", "OPTIM.MAX_EPOCH", "1"]
    found = subprocess.run(
        ["bash", script, *words],
        env=environment | {"SHOTS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert found.returncode == 0, found.stderr
    assert list((tmp_path / "out").glob("**/RAdaTextShift/world/seed1/results.json"))


def test_a_name_that_is_taken_and_a_folder_that_is_not_there(folder, tmp_path):
    shutil.copy(folder / "textshift.py", folder / "coop.py")
    for place, message in ((folder, "there is another coop.py"), ("nowhere", "is no folder")):
        found = run(place, "-m", "trainers", "--list", "--backbone", "TinyCLIP")
        assert found.returncode == 2 and found.stderr.count("\n") == 1
        assert message in found.stderr


def test_a_broken_file_takes_no_trainer_of_another_file_with_it(folder):
    """It is imported first, and imports a whole one before it fails."""
    (folder / "a_first.py").write_text("from .textshift import TextShift\nimport no_such_package\n")
    listed = run(folder, "-m", "trainers", "--list", "--backbone", "TinyCLIP", "--classes", "3")
    assert "a_first.py is left out" in listed.stderr
    names = {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}
    assert {"TextShift", "RAdaTextShift", "CoOp"} <= names


def test_two_folders_with_a_file_of_one_name_are_refused(folder, tmp_path):
    (tmp_path / "more").mkdir()
    shutil.copy(folder / "textshift.py", tmp_path / "more")
    listed = run(f"{folder}{os.pathsep}{tmp_path / 'more'}", "-m", "trainers", "--list")
    assert listed.returncode == 2
    assert listed.stderr.endswith("there is another textshift.py; rename this one\n")
