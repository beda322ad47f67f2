"""Runs of all trainers, one after another in one worker: each as in a process of its own."""

import json
import os
import sys

import pytest
import torch

import train
from rada.engine import registry as trainers_registry
from rada.workers.isolation import isolated
from tests.trainers.conftest import caltech_root, tiny_clip  # noqa: F401
from tests.trainers.runs import OPTIONS, command_line, shallow
from tests.warm import CONTEXT, Run

OURS = trainers_registry.registered()
NAMES = sorted(OURS, key=lambda name: OURS[name].adaptation is not None)  # trainings first
FEW = ("OPTIM.MAX_EPOCH", "1", "DATASET.SUBSAMPLE_CLASSES", "base")


def words(name, root, backbone, folder):
    line = command_line(root, backbone, name, folder / name)
    if OURS[name].adaptation:
        start = OURS[name].starts_from
        line += ["--eval-only", *(["--model-dir", str(folder / start)] if start else [])]
    return [*line, *OPTIONS, *shallow(name), *FEW]


def make_in_turn(lines, folder):
    """In the worker: each run, and something untidy after it."""
    torch.set_num_threads(1)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    for line in lines:
        with isolated():
            code = train.cli(line)
            torch.set_grad_enabled(False)
            torch.rand(3)
        assert code == 0, line


def result(folder):
    """All that a run of the same numbers has in common: weights, metrics, what it predicted."""
    data = json.loads((folder / "results.json").read_text())
    tensors = {
        f"{file.parent.name}/{key}": value
        for file in sorted(folder.glob("*/model.pth.tar-*"))
        for key, value in torch.load(file, weights_only=True)["state_dict"].items()
    }
    return data["metrics"], data["learned_parameters"], tensors


def same(ours, theirs):
    """Bit for bit."""
    both = ours, theirs
    return torch.equal(*both) if isinstance(ours, torch.Tensor) else ours == theirs


@pytest.fixture(scope="module")
def chain(caltech_root, tiny_clip, tmp_path_factory):  # noqa: F811
    """Folder of the runs that one process has made."""
    folder = tmp_path_factory.mktemp("chain")
    lines = [words(name, caltech_root, tiny_clip, folder) for name in NAMES]
    worker = CONTEXT.Process(target=make_in_turn, args=(lines, folder))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    return folder


def test_a_run_after_others_equals_one_alone(chain, caltech_root, tiny_clip, tmp_path):  # noqa: F811
    for name in NAMES:
        alone = Run(words(name, caltech_root, tiny_clip, tmp_path)).wait()
        assert alone.returncode == 0, alone.stderr
        ours, theirs = result(chain / name), result(tmp_path / name)
        assert ours[:2] == theirs[:2], name
        assert ours[2].keys() == theirs[2].keys(), name
        assert all(same(ours[2][key], theirs[2][key]) for key in ours[2]), name
