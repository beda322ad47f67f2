"""The config is Dassl's, key by key."""

import pytest
from yacs.config import CfgNode

from dassl.config import clean_cfg, get_cfg_default


def flat(node, prefix=""):
    for key, value in node.items():
        if isinstance(value, CfgNode):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def test_keys_values_and_types_are_dassls(golden):
    found = dict(flat(get_cfg_default()))
    expected = golden("dassl_cfg_default.json")["flat"]
    assert found.keys() == expected.keys()
    for key, value in found.items():
        assert type(value).__name__ == expected[key]["type"], key
        assert (list(value) if isinstance(value, tuple) else value) == expected[key]["value"], key


def test_printed_config_is_dassls(golden):
    assert str(get_cfg_default()).split("\n") == golden("dassl_cfg_default.json")["str_lines"]


def test_each_config_is_independent():
    get_cfg_default().DATALOADER.TRAIN_X.BATCH_SIZE = 1
    cfg = get_cfg_default()
    cfg.DATALOADER.TRAIN_U.BATCH_SIZE = 2
    assert cfg.DATALOADER.TRAIN_X.BATCH_SIZE == 32


@pytest.mark.parametrize("trainer", ["MaPLe", "mme"])
def test_clean_cfg_keeps_the_trainers_own_node(trainer, golden):
    cfg = get_cfg_default()
    clean_cfg(cfg, trainer)
    expected = golden("dassl_cfg_default.json")["trainer_keys_after_clean"][trainer]
    assert sorted(cfg.TRAINER) == sorted(expected)
