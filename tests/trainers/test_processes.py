"""A run in two processes equals the run in one, for the same batches, to rounding."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from tests.trainers.runs import OPTIONS, command_line, shallow
from trainers import processes

# plain gradient steps: Adam's would make of a gradient near zero a step of full length
RUN = (
    *("OPTIM.NAME", "sgd", "OPTIM.LR", "0.01", "OPTIM.MOMENTUM", "0.0", "OPTIM.MAX_EPOCH", "3"),
    *("OPTIM.LR_SCHEDULER", "cosine", "OPTIM.WARMUP_EPOCH", "-1", "TRAIN.LOOP", "steps"),
    *("TRAIN.PRINT_FREQ", "1", "DATASET.SUBSAMPLE_CLASSES", "base"),
)
TWO = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")


def run(trainer, root, backbone, output, *options, launcher=()) -> subprocess.CompletedProcess:
    """train.py, by a launcher or alone."""
    command = [sys.executable, *launcher, "train.py"]
    command += command_line(root, backbone, trainer, output)
    command += [*OPTIONS, *shallow(trainer), *RUN, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DASSL": "bundled"}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def learned(output) -> dict[str, torch.Tensor]:
    """All learned tensors of the last epoch."""
    return {
        f"{file.parent.name}.{key}": value
        for file in output.glob("*/model.pth.tar-*")
        for key, value in torch.load(file, weights_only=True)["state_dict"].items()
        if isinstance(value, torch.Tensor)
    }


MASK = ("TRAINER.RADA.OPTIM.NAME", "sgd", "TRAINER.RADA.OPTIM.LR", "0.01")


@pytest.mark.parametrize(
    "trainer, options",
    [
        ("FT", ("TRAIN.CLIP_NORM", "0.5", "TEST.FINAL_MODEL", "best_val", "OPTIM.MAX_EPOCH", "1")),
        ("FLYP", ("TRAIN.ACCUMULATE", "2", "TRAINER.FLYP.ENSEMBLE", "select")),
        ("RAdaFT", (*MASK, "TRAINER.FLYPCE.ENSEMBLE", "select")),
        ("LPFT", ("TRAINER.LPFT.PROBE_EPOCHS", "1", "TEST.FINAL_MODEL", "last_step")),
        ("RAdaCoOp", ("TRAINER.RADA.OPTIM.WARMUP_EPOCH", "-1", *MASK)),
    ],
)
def test_two_processes_equal_one(trainer, options, caltech_root, tiny_clip, tmp_path):
    common = trainer, caltech_root, tiny_clip
    alone = run(*common, tmp_path / "one", *options)
    both = run(*common, tmp_path / "two", *options, launcher=TWO)
    assert alone.returncode == both.returncode == 0, both.stderr[-2000:]
    assert both.stdout.count("epoch [1/") == alone.stdout.count("epoch [1/")  # one prints
    one, two = learned(tmp_path / "one"), learned(tmp_path / "two")
    assert one.keys() == two.keys() and one
    for key in one:
        torch.testing.assert_close(two[key], one[key], rtol=1e-4, atol=2e-6)
    assert (tmp_path / "two" / "results.json").exists()
    assert len(list((tmp_path / "two").glob("log.txt*"))) == 1


def test_several_processes_need_the_loop_by_steps(caltech_root, tiny_clip, tmp_path):
    options = ("TRAIN.LOOP", "epochs")
    found = run("CoOp", caltech_root, tiny_clip, tmp_path, *options, launcher=TWO)
    assert found.returncode != 0
    assert "error: 2 processes need TRAIN.LOOP steps; set it, or start one" in found.stderr


def test_the_death_of_another_process_is_one_line(caltech_root, tiny_clip, tmp_path):
    """Without torchrun, which would end all others at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "train.py", *OPTIONS, *RUN, "OPTIM.MAX_EPOCH", "900"]
    command[3:3] = command_line(caltech_root, tiny_clip, "FT", tmp_path)
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            command,
            env={**os.environ, "OMP_NUM_THREADS": "1", "DASSL": "bundled", "RANK": rank, **address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    next(line for line in started[0].stdout if line.startswith("epoch [2/"))
    started[1].kill()
    error = started[0].communicate(timeout=60)[1]
    started[1].communicate()
    lines = [line for line in error.splitlines() if line.startswith("error: ")]
    assert started[0].returncode == 2 and len(lines) == 1 and "Traceback" not in error
    assert "another process of this run has died" in lines[0]


def test_a_single_process_needs_no_group():
    part = torch.arange(3)
    with processes.joined(), processes.first_alone():
        assert (processes.rank(), processes.count()) == (0, 1)
        assert processes.gathered(part) is part and processes.told_by_first(2.5) == 2.5
