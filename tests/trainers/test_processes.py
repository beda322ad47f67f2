"""A run in two processes equals the run in one, for the same batches."""

import os
import subprocess
import sys

import pytest
import torch

from rada.engine import distributed
from tests.float64 import CLOSE
from tests.trainers.runs import OPTIONS, command_line, shallow
from tests.warm import Ended, Run, started_together

RUN = (
    *("OPTIM.LR_SCHEDULER", "cosine", "OPTIM.WARMUP_EPOCH", "-1", "TRAIN.LOOP", "steps"),
    *("TRAIN.PRINT_FREQ", "1", "DATASET.SUBSAMPLE_CLASSES", "base", "OPTIM.MAX_EPOCH", "3"),
)
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")


def words(trainer, root, backbone, output, *options) -> list[str]:
    """The command line of a short run by steps."""
    line = command_line(root, backbone, trainer, output)
    return [*line, *OPTIONS, *shallow(trainer), *RUN, *options]


def run(*arguments) -> Ended:
    """train.py alone, with these words and models in float64."""
    return Run(words(*arguments), float64=True).wait()


def run_two(*arguments) -> list[Ended]:
    """As `run`, in two processes that work together; the first is the one that writes."""
    return [process.wait() for process in started_together(words(*arguments), float64=True)]


def run_torchrun(*arguments) -> subprocess.CompletedProcess:
    """As `run_two`, by torchrun itself."""
    command = [sys.executable, *TORCHRUN, "-m", "tests.float64", *words(*arguments)]
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


MASK = ("TRAINER.RADA.OPTIM.LR", "0.01")


@pytest.mark.parametrize(
    "trainer, options",
    [
        ("FT", ("TRAIN.CLIP_NORM", "0.5", "TEST.FINAL_MODEL", "best_val", "OPTIM.MAX_EPOCH", "1")),
        ("FLYP", ("TRAIN.ACCUMULATE", "2", "TRAINER.FLYP.ENSEMBLE", "select")),
        pytest.param(
            *("RAdaFT", (*MASK, "TRAINER.FLYPCE.ENSEMBLE", "select")), marks=pytest.mark.numerical
        ),
        ("LPFT", ("TRAINER.LPFT.PROBE_EPOCHS", "1", "TEST.FINAL_MODEL", "last_step")),
    ],
)
def test_two_processes_equal_one(trainer, options, caltech_root, tiny_clip, tmp_path):
    common = trainer, caltech_root, tiny_clip
    alone = run(*common, tmp_path / "one", *options)
    first, other = run_two(*common, tmp_path / "two", *options)
    found = alone.returncode, first.returncode, other.returncode
    assert found == (0, 0, 0), first.stderr + other.stderr
    assert first.stdout.count("epoch [1/") == alone.stdout.count("epoch [1/")
    assert "epoch" not in other.stdout
    assert_equal(tmp_path)


def test_torchrun_equals_one_process(caltech_root, tiny_clip, tmp_path):
    common = "RAdaCoOp", caltech_root, tiny_clip
    options = "TRAINER.RADA.OPTIM.WARMUP_EPOCH", "-1", *MASK
    alone = run(*common, tmp_path / "one", *options)
    both = run_torchrun(*common, tmp_path / "two", *options)
    assert alone.returncode == both.returncode == 0, both.stderr[-2000:]
    assert both.stdout.count("epoch [1/") == alone.stdout.count("epoch [1/")  # one prints
    assert_equal(tmp_path)


def assert_equal(tmp_path):
    """What was learned in "one" and in "two", and that "two" was written once."""
    one, two = learned(tmp_path / "one"), learned(tmp_path / "two")
    assert one.keys() == two.keys() and one
    for key in one:
        torch.testing.assert_close(two[key], one[key], **CLOSE)
        assert one[key].dtype == torch.float64
    assert (tmp_path / "two" / "results.json").exists()
    assert len(list((tmp_path / "two").glob("log.txt*"))) == 1


def test_several_processes_need_the_loop_by_steps(caltech_root, tiny_clip, tmp_path):
    for found in run_two("CoOp", caltech_root, tiny_clip, tmp_path, "TRAIN.LOOP", "epochs"):
        assert found.returncode == 2
        assert "error: 2 processes need TRAIN.LOOP steps; set it, or start one" in found.stderr


def test_the_death_of_another_process_is_one_line(caltech_root, tiny_clip, tmp_path):
    """Without torchrun, which would end all others at once."""
    endless = "OPTIM.MAX_EPOCH", "900"
    first, other = started_together(words("FT", caltech_root, tiny_clip, tmp_path, *endless))
    next(line for line in first.stdout if line.startswith("epoch [2/"))
    other.kill()
    ended = first.wait()
    other.wait()
    lines = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert ended.returncode == 2 and len(lines) == 1 and "Traceback" not in ended.stderr
    assert "another process of this run has died" in lines[0]


def test_a_single_process_needs_no_group():
    part = torch.arange(3)
    with distributed.process_group(), distributed.main_process_first():
        assert (distributed.rank(), distributed.world_size()) == (0, 1)
        assert distributed.all_gather(part) is part and distributed.broadcast(2.5) == 2.5
