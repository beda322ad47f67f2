"""Which GPUs workers see; with pretended ones."""

import os
import subprocess
import sys

import pytest

from rada.workers.devices import shared_out, visible_gpus


@pytest.mark.parametrize(
    ("said", "found"),
    [("", []), ("0", ["0"]), ("3, 1", ["3", "1"]), ("GPU-ab,MIG-cd", ["GPU-ab", "MIG-cd"])]
    + [("0,-1,2", ["0"]), ("-1", [])],
)
def test_visible_gpus_are_those_of_the_environment(monkeypatch, said, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", said)
    assert visible_gpus() == found


def test_else_those_that_the_driver_lists(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "GPU 0: A (UUID: x)\n  MIG 1g: y\nGPU 1: B (UUID: z)"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert visible_gpus() == ["0", "1"]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert visible_gpus() == []


def test_no_driver_no_gpus(monkeypatch):
    def missing(*args, **kwargs):
        raise FileNotFoundError

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(subprocess, "run", missing)
    assert visible_gpus() == []


@pytest.mark.parametrize(
    ("gpus", "workers", "of_each", "of_run", "expected"),
    [
        ([], 3, 1, 1, [None] * 3),
        (["0"], 4, 1, 1, ["0"]),
        (["0", "1"], 2, 1, 1, ["0", "1"]),
        (["0", "1"], 4, 2, 1, ["0", "1", "0", "1"]),
        (["5", "7"], 1, 1, 1, ["5"]),
        (["0", "1", "2", "3", "4"], 8, 1, 2, ["0,1", "2,3"]),
        (["0", "1"], 8, 2, 2, ["0,1", "0,1"]),
    ],
)
def test_gpus_are_shared_out(gpus, workers, of_each, of_run, expected):
    assert shared_out(gpus, workers, of_each, of_run) == expected


def test_a_run_of_more_gpus_than_there_are_is_refused():
    with pytest.raises(ValueError, match="NPROC=4 needs as many GPUs, 2 are visible"):
        shared_out(["0", "1"], 1, 1, 4)


def test_what_workers_are_forked_from_has_not_looked_for_gpus():
    """Else each would see what the first one saw."""
    lines = (
        "import torch",
        "def look(*_): raise SystemExit('CUDA was asked')",
        "torch.cuda.is_available = torch.cuda.device_count = torch.cuda._lazy_init = look",
        "import rada.workers.warm, sys",
        "assert 'rada.engine.config' in sys.modules",
    )

    ended = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
