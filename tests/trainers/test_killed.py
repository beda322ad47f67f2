"""A training by steps, killed at any moment and started again, ends as one left alone."""

import random
import signal
import time

import pytest
import torch

from tests.trainers.runs import OPTIONS, command_line, shallow
from tests.warm import Run

KILLS = 20
RUN = (
    *("OPTIM.MAX_EPOCH", "24", "OPTIM.LR", "0.001", "DATASET.SUBSAMPLE_CLASSES", "base"),
    *("TRAIN.PRINT_FREQ", "1", "TRAIN.SAVE_STEPS", "3", "TEST.FINAL_MODEL", "best_val"),
    *("INPUT.TRANSFORMS", "('random_resized_crop','random_flip','normalize')"),
)


def start(trainer, root, backbone, output) -> Run:
    """The run in a process of its own."""
    words = command_line(root, backbone, trainer, output)
    return Run([*words, "--resume", "auto", *OPTIONS, *shallow(trainer), *RUN])


def killed_somewhere(run: Run, chance: random.Random) -> bool:
    """Kill a run a few steps after it began to train; False if it ended before."""
    steps = chance.randint(0, 5)
    for line in run.stdout:
        if line.startswith("epoch [") or "Resuming" in line:
            if steps == 0:
                time.sleep(chance.random() * 0.03)
                run.kill()
                break
            steps -= 1
    return run.wait().returncode == -signal.SIGKILL


def final(output) -> dict:
    """All tensors of the final and the best checkpoints."""
    files = [*output.glob("*/model.pth.tar-24"), *output.glob("*/model-best.pth.tar")]
    return {
        f"{file.parent.name}/{file.name}/{key}": value
        for file in files
        for key, value in torch.load(file, weights_only=True)["state_dict"].items()
    }


@pytest.mark.parametrize("trainer", ["RAdaFT"])
def test_twenty_kills_change_nothing(trainer, caltech_root, tiny_clip, tmp_path):
    """Bit for bit: encoders, mask, and the epoch that was best on validation."""
    run = trainer, caltech_root, tiny_clip
    assert start(*run, tmp_path / "whole").wait().returncode == 0
    chance, kills = random.Random(0), 0
    while kills < KILLS and killed_somewhere(start(*run, tmp_path / "killed"), chance):
        kills += 1
    assert kills == KILLS, f"the run ended after {kills} kills: it is too short for this test"
    assert start(*run, tmp_path / "killed").wait().returncode == 0
    whole, killed = final(tmp_path / "whole"), final(tmp_path / "killed")
    assert whole.keys() == killed.keys() and len(whole) > 50
    assert all(torch.equal(whole[key], killed[key]) for key in whole)
    assert not (tmp_path / "killed" / "running.pth.tar").exists()
