"""A terminal that lacks letters, closed streams, a home folder no shell has put in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dassl.utils import Logger

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("full", [" >/dev/full", " 2>/dev/full", " >/dev/full 2>/dev/full"])
def test_a_full_disk_behind_a_stream_ends_in_no_traceback(tmp_path, full):
    found = run(tmp_path, str(tmp_path / "out"), full)
    assert found.returncode in (0, 2)
    assert b"Traceback" not in found.stderr + found.stdout


def test_a_log_that_cannot_be_written_is_told_once(tmp_path):
    """The terminal gets what follows; the run ends in one line."""
    (tmp_path / "out").mkdir()
    os.symlink("/dev/full", tmp_path / "out/log.txt")
    logger = Logger(str(tmp_path / "out/log.txt"))
    with pytest.raises(OSError, match="cannot write the log .*log.txt: No space left"):
        logger.write("hello\n")
        logger.flush()
    logger.write("still there\n")
    logger.flush()
    assert logger.file is None
