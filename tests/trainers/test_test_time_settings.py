"""Settings of test-time training: those that cannot work end in one line, all others are read."""

import pytest
import torch
from yacs.config import CfgNode

from dassl.optim.optimizer import AVAI_OPTIMS
from rada.settings import EPISODE, defaults
from rada.test_time.settings import optimizer_of


@pytest.mark.parametrize(
    "options, words",
    [
        (("TEST.VIEWS", "8"), "TEST.KEEP 0.1 of TEST.VIEWS 8 keeps no view"),
        (("TEST.KEEP", "1.5"), "TEST.KEEP is"),
        (("TEST.VIEWS", "0"), 'TEST.VIEWS is "0"; it is a whole number, at least 1'),
        (("TEST.STEPS", "-1"), "TEST.STEPS is"),
        (("TEST.EPISODES", "0"), "TEST.EPISODES is"),
        (("TEST.AUGMIX", "yes"), 'TEST.AUGMIX is "yes"; it is one of auto, on, off'),
        (("INPUT.RRCROP_SCALE", "(0.5,)"), "INPUT.RRCROP_SCALE is"),
        (("INPUT.RRCROP_SCALE", "(0.5, 0.1)"), "(the first is more than the second)"),
        (("INPUT.RRCROP_SCALE", "(0, 1)"), "each a number, above 0"),
        (("INPUT.RRCROP_SCALE", "(0.1, 'a')"), "INPUT.RRCROP_SCALE is"),
        (("TRAINER.RADATPT.TUNE", "all"), 'TUNE is "all"; it is one of mask, prompt, both'),
        (("OPTIM.LR", "0.1"), "nothing reads OPTIM.LR; set TEST.OPTIM.LR"),
        (("OPTIM.STAGED_LR", "True"), "nothing reads OPTIM.STAGED_LR; leave it out"),
        (("TEST.OPTIM.STAGED_LR", "True"), "unknown config key TEST.OPTIM.STAGED_LR"),
        (("TEST.OPTIM.BASE_LR_MULT", "0.5"), "unknown config key TEST.OPTIM.BASE_LR_MULT"),
        (("TEST.OPTIM.NAME", "lion"), 'TEST.OPTIM.NAME is "lion"; it is one of'),
        (("TEST.OPTIM.LR", "-1.0"), "TEST.OPTIM.LR is"),
        (("TEST.OPTIM.ADAM_BETA1", "2.0"), "TEST.OPTIM.ADAM_BETA1 is"),
        (
            (
                "TEST.OPTIM.NAME",
                "sgd",
                "TEST.OPTIM.SGD_NESTEROV",
                "True",
                "TEST.OPTIM.MOMENTUM",
                "0.0",
            ),
            "TEST.OPTIM makes no optimiser (Nesterov",
        ),
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
        optimizer_of(CfgNode(defaults(EPISODE["OPTIM"]) | {"NAME": name}))([torch.zeros(1)])
    assert EPISODE["OPTIM"].keys() <= Watched.asked
