"""A terminal that lacks letters, closed streams, a home folder no shell has put in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORDS = ["--trainer", "ZeroshotCLIP", "--dataset-config-file", "configs/datasets/digits.yaml"]
WORDS += ["--config-file", "configs/trainers/ZeroshotCLIP/world.yaml", "--seed", "1"]


def run(tmp_path: Path, output: str, more: str = "", **environment: str):
    """A test of the embedded digits, through a shell that may close streams."""
    words = [sys.executable, "train.py", *WORDS, "--root", str(tmp_path / "data")]
    line = " ".join(f"'{word}'" for word in [*words, f"--output-dir={output}"])
    known = {**os.environ, "DASSL": "bundled", **environment}
    return subprocess.run(line + more, shell=True, env=known, capture_output=True, timeout=300)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_a_pipe_lacks_end_no_run(tmp_path, encoding):
    out = tmp_path / "北京 ünï"
    found = run(tmp_path, str(out), PYTHONIOENCODING=encoding)
    assert found.returncode == 0, found.stderr[-500:]
    assert (out / "results.json").is_file() and b"\\u5317" in found.stdout


@pytest.mark.parametrize("closed", [" >&-", " 2>&-", " >&- 2>&-"])
def test_a_closed_stream_ends_no_run(tmp_path, closed):
    found = run(tmp_path, str(tmp_path / "out"), closed)
    assert found.returncode == 0 and (tmp_path / "out/results.json").is_file()


def test_the_home_folder_is_found_without_a_shell(tmp_path):
    (tmp_path / "home").mkdir()
    found = run(tmp_path, "~/results", HOME=str(tmp_path / "home"))
    assert found.returncode == 0 and (tmp_path / "home/results/results.json").is_file()
    assert not Path("~").exists()
