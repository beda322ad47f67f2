"""Made-up runs on disk."""

import json

import pytest

from rada.experiments.protocols import PARTS, run_folder

LOG = """** Arguments **
eval_only: {eval_only}
=> result
* accuracy: 11.1%
Loading
{finish}
=> result
* total: 1,000
* correct: 763
* accuracy: {accuracy:.1f}%
* error: {error:.1f}%
* macro_f1: {f1:.1f}%
Elapsed: 0:00:10
"""


class Experiment:
    """A folder like output/base2new, output/few_shot, output/transfer or output/test_time."""

    def __init__(self, root):
        self.root = root

    def folder(self, part, dataset, trainer, seed, config="vit_b16_ctxv1", shots=16):
        run = run_folder(PARTS[part], dataset, shots, trainer, config, seed)
        folder = self.root / run
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(self, part, dataset, trainer, seed, accuracy, /, place=None, **extra):
        """Write results.json; `place` names another config or number of shots."""
        folder = self.folder(part, dataset, trainer, seed, **(place or {}))
        metrics = {"accuracy": accuracy, "error_rate": 100 - accuracy, "macro_f1": accuracy - 1}
        data = {"dataset": dataset, "trainer": trainer, "seed": seed, "metrics": metrics} | extra
        (folder / "results.json").write_text(json.dumps(data))
        return folder

    def pair(self, dataset, trainer, seed, base, new, **extra):
        self.add("base", dataset, trainer, seed, base, **extra)
        self.add("new", dataset, trainer, seed, new, **extra)


@pytest.fixture
def experiment(tmp_path):
    return Experiment(tmp_path / "base2new")


@pytest.fixture
def write_log():
    """Write a log.txt as Dassl's: an early result, then the last one."""

    def write(folder, accuracy, trained=True, name="log.txt", finished=True):
        folder.mkdir(parents=True, exist_ok=True)
        finish = "Finish training" if trained and finished else "epoch [1/2] batch [1/1]"
        numbers = {"accuracy": accuracy, "error": 100 - accuracy, "f1": accuracy - 1}
        text = LOG.format(finish=finish, eval_only=not trained, **numbers)
        (folder / name).write_text(text)

    return write


@pytest.fixture
def two_trainers(experiment):
    """dtd and ucf101; RAdaCoOp lacks test_new of ucf101 with seed 2."""
    for seed in (1, 2):
        for dataset in ("dtd", "ucf101"):
            cost = {"learned_parameters": 8192, "seconds": {"train": 3.0 + seed}}
            experiment.pair(dataset, "CoOp", seed, 80.0 + seed, 60.0, **cost)
            experiment.pair(dataset, "RAdaCoOp", seed, 82.0 + seed, 66.0)
    missing = experiment.folder("new", "ucf101", "RAdaCoOp", 2)
    (missing / "results.json").unlink()
    return experiment
