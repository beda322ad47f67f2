"""A training by steps, killed at any moment and started again, ends as one left alone."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from tests.trainers.runs import OPTIONS, command_line, shallow

KILLS = 20
RUN = (
    *("OPTIM.MAX_EPOCH", "24", "OPTIM.LR", "0.001", "DATASET.SUBSAMPLE_CLASSES", "base"),
    *("TRAIN.PRINT_FREQ", "1", "TRAIN.SAVE_STEPS", "3", "TEST.FINAL_MODEL", "best_val"),
    *("INPUT.TRANSFORMS", "('random_resized_crop','random_flip','normalize')"),
)


def start(trainer, root, backbone, output) -> subprocess.Popen:
    """The run in a process of its own, as bare python without warm-up of what it imports."""
    command = [sys.executable, "-u", "train.py", *command_line(root, backbone, trainer, output)]
    command += ["--resume", "auto", *OPTIONS, *shallow(trainer), *RUN]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DASSL": "bundled"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def killed_somewhere(process: subprocess.Popen, chance: random.Random) -> bool:
    """Kill a run a few steps after it began to train; False if it ended before."""
    steps = chance.randint(0, 5)
    for line in process.stdout:
        if line.startswith("epoch [") or "Resuming" in line:
            if steps == 0:
                time.sleep(chance.random() * 0.03)
                process.send_signal(signal.SIGKILL)
                break
            steps -= 1
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


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
    assert start(*run, tmp_path / "whole").communicate() and final(tmp_path / "whole")
    chance, kills = random.Random(0), 0
    while kills < KILLS and killed_somewhere(start(*run, tmp_path / "killed"), chance):
        kills += 1
    assert kills == KILLS, f"the run ended after {kills} kills: it is too short for this test"
    process = start(*run, tmp_path / "killed")
    assert process.communicate() and process.returncode == 0
    whole, killed = final(tmp_path / "whole"), final(tmp_path / "killed")
    assert whole.keys() == killed.keys() and len(whole) > 50
    assert all(torch.equal(whole[key], killed[key]) for key in whole)
    assert not (tmp_path / "killed" / "running.pth.tar").exists()
