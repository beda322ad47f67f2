"""The trainer that the README writes in twenty lines trains, and so does its RAda version."""

import re
from pathlib import Path

import pytest

README = Path("README.md").read_text()
CODE = next(
    code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "TextShift" in code
)


@pytest.fixture(scope="module", autouse=True)
def readme_trainers():
    """Run the README's code: it registers its trainers."""
    exec(CODE, {"__name__": "trainers.textshift"})


def test_it_is_as_short_as_it_says():
    lines = [line for line in CODE.splitlines() if line and not line.startswith(("#", "from"))]
    assert len(lines) <= 20


@pytest.mark.parametrize("name", ["TextShift", "RAdaTextShift"])
def test_it_trains(name, run_train, cached, tmp_path):
    config = "--config-file", "configs/trainers/CoOp/world.yaml"
    text = Path(config[1]).read_text().split("TRAINER:")[0]
    (tmp_path / "config.yaml").write_text(text)
    arguments = ("--config-file", str(tmp_path / "config.yaml"))
    trainer = run_train(name, tmp_path / "out", "OPTIM.MAX_EPOCH", "3", arguments=arguments)
    assert trainer.model.encoder.shift.weight.abs().max() > 0
    assert "test/accuracy" in trainer.metrics
    assert list(trainer._models) == ["shift", "mask"][: 1 + name.startswith("RAda")]
    tested = ("--eval-only", "--model-dir", str(tmp_path / "out"), *arguments)
    once = run_train(name, tmp_path / "once", "OPTIM.MAX_EPOCH", "3", *cached, arguments=tested)
    assert once.features.active and once.metrics["test/ece"] == trainer.metrics["test/ece"]
