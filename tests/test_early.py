"""Mistakes that are told before PyTorch is imported."""

import subprocess
import sys

import pytest

CONFIG = ("--config-file", "configs/trainers/CoOp/vit_b16_ctxv1.yaml")
CALTECH = ("--dataset-config-file", "configs/datasets/caltech101.yaml")
COOP = ("--trainer", "CoOp")
SHAPES = ("--dataset-config-file", "configs/datasets/blueprints.yaml")
# train.py's command line, in an interpreter where torch cannot be imported
RUN = """
import sys
sys.modules["torch"] = None
from rada.engine import command
sys.exit(command.cli(sys.argv[1:]))
"""


def refused(*words: str) -> str:
    """The one line of a run that ends before PyTorch is needed."""
    command = [sys.executable, "-c", RUN, *words]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert found.returncode == 2 and found.stdout == "", found.stderr
    assert found.stderr.count("\n") == 1 and found.stderr.startswith("error: ")
    return found.stderr.strip()


@pytest.mark.parametrize(
    "words, message",
    [
        ((*CALTECH, *CONFIG), "no trainer is named; give --trainer"),
        ((*COOP, *CONFIG), "no dataset is named; give --dataset-config-file"),
        ((*COOP, *SHAPES, *CONFIG, "OPTIM.LR"), "options are pairs KEY VALUE, got: OPTIM.LR"),
        (
            (*COOP, *SHAPES, *CONFIG, "OPTIM.LRR", "1"),
            'the command line: unknown config key OPTIM.LRR (did you mean "OPTIM.LR"?)',
        ),
        ((*COOP, *SHAPES, *CONFIG, "TRAIN.LOPP", "steps"), '(did you mean "TRAIN.LOOP"?)'),
        (
            (*COOP, *CALTECH, "--config-file", "configs/trainers/CoOp/vit_b16.yaml"),
            'vit_b16.yaml not found (did you mean "configs/trainers/CoOp/vit_b16_ctxv1.yaml"?)',
        ),
        (
            (*COOP, *CALTECH, *CONFIG, "--root", "/nowhere"),
            "Caltech101: /nowhere/caltech-101 not found; ",
        ),
    ],
)
def test_mistakes_of_the_command_line(words, message):
    assert message in refused(*words)


@pytest.mark.parametrize(
    "content, message",
    [
        ("OPTIM:\n  LRR: 1\n", "unknown config key OPTIM.LRR"),
        ("OPTIM: [\n", "x.yaml, line 2: while parsing"),
        ("- 1\n- 2\n", "x.yaml, line 1: it holds no KEY: VALUE pairs"),
    ],
)
def test_mistakes_of_a_file(content, message, tmp_path):
    (tmp_path / "x.yaml").write_text(content)
    line = refused(*COOP, *SHAPES, "--config-file", str(tmp_path / "x.yaml"))
    assert message in line and "x.yaml" in line


def test_what_a_trainer_has_to_be_asked_for_waits_for_it():
    """A key below its own node; and datasets that draw their pictures need no folder."""
    for stem in ("blueprints", "digits"):
        data = ("--dataset-config-file", f"configs/datasets/{stem}.yaml", "--root", "/nowhere")
        command = [sys.executable, "-c", RUN, *COOP, *data, *CONFIG, "TRAINER.COOP.NCTX", "4"]
        found = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert found.returncode == 1 and "torch" in found.stderr.splitlines()[-1]
