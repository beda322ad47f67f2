"""The trainer that docs/test_time.md writes is tuned to each test picture."""

import re
from pathlib import Path

import pytest

from rada.engine.config import TRAINER_REGISTRY

PAGE = Path("docs/test_time.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def page_trainer():
    """Run the page's code: it registers its trainer."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(code, {"__name__": "trainers.kgcoop_tpt"})


def test_it_runs_from_a_trained_model(run_train, tmp_path):
    assert TRAINER_REGISTRY.get("KgCoOpTPT").starts_from == "KgCoOp"
    run_train("KgCoOp", tmp_path / "model", "OPTIM.MAX_EPOCH", "1")
    config = Path("configs/trainers/KgCoOp/vit_b16_ctxv1.yaml").read_text()
    (tmp_path / "config.yaml").write_text(re.sub(r"(?ms)^OPTIM:.*?(?=^\S)", "", config))
    arguments = ["--config-file", str(tmp_path / "config.yaml"), "--eval-only", "--model-dir"]
    arguments.append(str(tmp_path / "model"))
    options = ("TEST.VIEWS", "8", "TEST.KEEP", "0.3")
    trainer = run_train("KgCoOpTPT", tmp_path / "out", *options, arguments=arguments)
    assert {"test/accuracy", "test/ece"} <= trainer.metrics.keys()


def test_every_option_of_the_page_has_its_default():
    from rada.settings import EPISODE, defaults

    usual = defaults(EPISODE)
    rows = dict(re.findall(r"^\| TEST\.(\w+) \| ([^|]+) \|", PAGE, re.M))
    assert rows.keys() == usual.keys()
    for name, text in rows.items():
        if name == "OPTIM":
            optim = usual[name]
            assert f"LR {optim['LR']:.0e}".replace("e-03", "e-3") in text
            assert f"WEIGHT_DECAY {optim['WEIGHT_DECAY']}" in text and "AdamW" in text
        else:
            assert text.strip() == str(usual[name])
