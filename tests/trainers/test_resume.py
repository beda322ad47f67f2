"""A run killed at any moment and started again ends as one left alone, bit for bit."""

import json
import signal
import time

import pytest
import torch

from tests.trainers.runs import OPTIONS, command_line, shallow
from tests.warm import Run

EPOCHS = "8"
RUN = (*OPTIONS, "DATASET.SUBSAMPLE_CLASSES", "base", "OPTIM.MAX_EPOCH", EPOCHS)
RATES = ("OPTIM.LR", "0.02", "TRAINER.RADA.OPTIM.LR", "0.003")


def learned(output) -> dict[str, torch.Tensor]:
    found = {}
    for name in ("prompt_learner", "mask"):
        checkpoint = torch.load(output / name / f"model.pth.tar-{EPOCHS}", weights_only=True)
        found |= {f"{name}.{k}": v for k, v in checkpoint["state_dict"].items()}
    return found


def start(trainer, root, backbone, output) -> Run:
    words = command_line(root, backbone, trainer, output)
    return Run([*words, *RUN, *shallow(trainer), *RATES])


@pytest.mark.parametrize("trainer", ["RAdaCoOp", "RAdaPromptSRC"])
def test_killed_run_ends_as_an_undisturbed_one(trainer, caltech_root, tiny_clip, tmp_path):
    """PromptSRC's has a running average, too."""
    run = trainer, caltech_root, tiny_clip
    assert start(*run, tmp_path / "whole").wait().returncode == 0
    killed = start(*run, tmp_path / "killed")
    third = tmp_path / "killed" / "mask" / "model.pth.tar-3"
    while not third.exists() and killed.poll() is None:
        time.sleep(0.002)
    killed.kill()
    assert killed.wait().returncode == -signal.SIGKILL, "the run ended before it could be killed"
    assert not (tmp_path / "killed" / "results.json").exists()
    assert start(*run, tmp_path / "killed").wait().returncode == 0
    whole, killed = learned(tmp_path / "whole"), learned(tmp_path / "killed")
    assert whole.keys() == killed.keys()
    assert all(torch.equal(whole[key], killed[key]) for key in whole)
    results = [json.loads((tmp_path / d / "results.json").read_text()) for d in ("whole", "killed")]
    assert results[0]["metrics"] == results[1]["metrics"]


def test_only_the_newest_checkpoint_is_kept(run_train, tmp_path):
    run_train("CoOp", tmp_path / "last", "OPTIM.MAX_EPOCH", "3")
    run_train("CoOp", tmp_path / "every", "OPTIM.MAX_EPOCH", "3", "TRAIN.CHECKPOINT_FREQ", "1")

    def kept(folder):
        return sorted(path.name for path in (tmp_path / folder / "prompt_learner").iterdir())

    assert kept("last") == ["checkpoint", "model.pth.tar-3"]
    assert kept("every") == ["checkpoint", *(f"model.pth.tar-{i}" for i in (1, 2, 3))]


def test_checkpoint_holds_one_tensor(run_train, tmp_path):
    """CoOp's whole checkpoint is its context; what a GPU would not need is not saved."""
    run_train("CoOp", tmp_path, "OPTIM.MAX_EPOCH", "1")
    file = tmp_path / "prompt_learner" / "model.pth.tar-1"
    state = torch.load(file, weights_only=True)["state_dict"]
    assert {k: tuple(v.shape) for k, v in state.items()} == {"ctx": (4, 64)}
    assert file.stat().st_size < 40_000
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["learned_bytes"] == 4 * 64 * 4
    assert results["checkpoint_bytes"] == {"prompt_learner": file.stat().st_size}
    assert "# learned parameters: 256 in 1 tensors, 1.0 kB" in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize("change", [("OPTIM.LR", "0.5"), ("TRAINER.COOP.N_CTX", "3")])
def test_resume_of_another_run_is_refused(change, run_train, tmp_path):
    run_train("CoOp", tmp_path, "OPTIM.MAX_EPOCH", "1")
    with pytest.raises(
        ValueError, match=f"trained with {change[0]} = .*, this run has {change[1]}"
    ):
        run_train("CoOp", tmp_path, "OPTIM.MAX_EPOCH", "1", *change)


def test_resume_from_a_folder_without_checkpoint_is_refused(run_train, tmp_path):
    arguments = ("--resume", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match="RESUME: no checkpoint of CoOp"):
        run_train("CoOp", tmp_path / "out", arguments=arguments)
