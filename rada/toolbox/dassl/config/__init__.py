"""The config: Dassl's keys and defaults as a yacs node."""

from yacs.config import CfgNode

from dassl.config.defaults import DEFAULTS
from dassl.config.methods import METHODS


def get_cfg_default() -> CfgNode:
    """A fresh config with every default."""
    cfg = CfgNode(DEFAULTS)
    cfg.TRAINER = CfgNode({"NAME": "", **METHODS})
    return cfg


def clean_cfg(cfg: CfgNode, trainer: str) -> None:
    """Drop the settings of all methods but one, so that a printed config is short."""
    for key in list(cfg.TRAINER):
        if key not in ("NAME", trainer.upper()):
            cfg.TRAINER.pop(key)
