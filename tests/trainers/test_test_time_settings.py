"""Settings of test-time training: those that cannot work end in one line, all others are read."""

import pytest
import torch
from yacs.config import CfgNode

from dassl.optim.optimizer import AVAI_OPTIMS
from rada.settings import EPISODE as SETTINGS
from rada.test_time.settings import optimizer_of


@pytest.mark.parametrize(
    "options, words",
    [
        (("TEST.VIEWS", "8"), "TEST.KEEP 0.1 of TEST.VIEWS 8 keeps no view"),
        (("TEST.KEEP", "1.5"), "TEST.KEEP 1.5 of TEST.VIEWS 64"),
        (("TEST.VIEWS", "0"), "TEST.VIEWS must be 1 or more, got 0"),
        (("TEST.STEPS", "-1"), "TEST.STEPS must be 0 or more"),
        (("TEST.EPISODES", "0"), "TEST.EPISODES must be 1 or more"),
        (("TEST.AUGMIX", "yes"), 'TEST.AUGMIX is one of auto, on, off; got "yes"'),
        (("INPUT.RRCROP_SCALE", "(0.5,)"), 'such as "(0.08, 1.0)"; got (0.5,)'),
        (("INPUT.RRCROP_SCALE", "(0.5, 0.1)"), "INPUT.RRCROP_SCALE is the least and the"),
        (("INPUT.RRCROP_SCALE", "(0, 1)"), "got (0, 1)"),
        (("INPUT.RRCROP_SCALE", "(0.1, 'a')"), "got (0.1, 'a')"),
        (("TRAINER.RADATPT.TUNE", "all"), "TUNE is one of mask, prompt, both"),
        (("OPTIM.LR", "0.1"), "nothing reads OPTIM.LR; set TEST.OPTIM.LR"),
        (("OPTIM.STAGED_LR", "True"), "nothing reads OPTIM.STAGED_LR; leave it out"),
        (("TEST.OPTIM.STAGED_LR", "True"), "unknown config key TEST.OPTIM.STAGED_LR"),
        (("TEST.OPTIM.BASE_LR_MULT", "0.5"), "unknown config key TEST.OPTIM.BASE_LR_MULT"),
        (("TEST.OPTIM.NAME", "lion"), "TEST.OPTIM makes no optimiser (optim must be one of"),
        (("TEST.OPTIM.LR", "-1.0"), "TEST.OPTIM makes no optimiser (Invalid learning rate: -1.0)"),
        (("TEST.OPTIM.ADAM_BETA1", "2.0"), "error: TEST.OPTIM makes no optimiser (Invalid beta"),
        (("TRAINER.RADA.ALPHA", "1"), "TRAINER.RADA.ALPHA"),
    ],
)
def test_wrong_numbers(options, words, mistake):
    assert words in mistake("RAdaTPT", opts=options)


class Watched(CfgNode):
    """Remembers what is asked for."""

    asked: set[str] = set()

    def __getattr__(self, name):
        self.asked.add(name)
        return super().__getattr__(name)


def test_every_key_of_the_optimiser_is_read_by_one(monkeypatch):
    monkeypatch.setattr("rada.test_time.settings.CfgNode", Watched)
    for name in AVAI_OPTIMS:
        optimizer_of(CfgNode(SETTINGS["OPTIM"] | {"NAME": name}))([torch.zeros(1)])
    assert SETTINGS["OPTIM"].keys() <= Watched.asked
