"""A Python without the packages, as after a fresh clone: one line that says what to run."""

import subprocess
import sys

import pytest

from rada import environment

COMMANDS = [
    ("train.py",),
    ("parse_test_res.py", "output"),
    ("-m", "rada", "demo"),
    ("-m", "trainers", "--list"),
    ("-m", "rada.prepare", "--list"),
    ("rada/environment.py",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[-1])
def test_one_line_and_exit_code_2(command):
    words = [sys.executable, "-S", *command]  # -S: without installed packages
    found = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert found.returncode == 2 and found.stderr.count("\n") == 1
    lacking = "tabulate, tqdm" if "parse_test_res.py" in command else "torch, torchvision, clip"
    assert found.stderr.startswith(f"error: {sys.executable} lacks {lacking}")
    assert "make demo" in found.stderr and "pip install -r requirements.txt" in found.stderr


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    assert "is Python 3.8.1, 3.10 or later is needed" in environment.mistake()


def test_nothing_is_missing_here():
    assert environment.mistake() == ""
