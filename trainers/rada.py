"""RAda: a mask over the rational matrix, added to any trainer ("One Last Attention for Your
Vision-Language Model", ICCV 2025, arXiv 2507.15480).

`class RAdaX(WithRAda, X)` is all it takes.
"""

from torch import nn
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.engine import TRAINER_REGISTRY
from models.rational import RAdaHead
from trainers.coop import CoOp
from trainers.learned import Learned
from trainers.zsclip import ZeroshotCLIP


def mask_optim() -> dict:
    """Defaults of TRAINER.RADA.OPTIM: Dassl's OPTIM with the authors' base-to-new recipe.

    The number of epochs is the run's: OPTIM.MAX_EPOCH.
    """
    optim = dict(get_cfg_default().OPTIM)
    del optim["MAX_EPOCH"]
    recipe = {
        "NAME": "adam",
        "LR": 5e-5,
        "WEIGHT_DECAY": 5e-4,
        "LR_SCHEDULER": "cosine",
        "WARMUP_EPOCH": 1,
        "WARMUP_TYPE": "constant",
        "WARMUP_CONS_LR": 1e-5,
    }
    return {**optim, **recipe}


class WithRAda:
    """Mixin: exchanges a trainer's cosine head for the RAda head and learns its mask.

    The baseline's part is trained as OPTIM says, the mask as TRAINER.RADA.OPTIM says.
    """

    settings = {
        "RADA": {
            "HEADS": 8,
            "TEMPERATURE": 1.0,
            "ALPHA": 0.1,  # weight of the smoothness penalty; the published runs' is not known
            "PENALTY": "linf",  # linf or mse
            "OPTIM": mask_optim(),
        }
    }

    def build_head(self, dim: int) -> nn.Module:
        """The RAda head; at initialisation its mask is one everywhere."""
        settings = self.cfg.TRAINER.RADA
        return RAdaHead(dim, settings.HEADS, settings.TEMPERATURE, settings.ALPHA, settings.PENALTY)

    def learned(self) -> dict[str, Learned]:
        """The baseline's modules and the mask."""
        optim = self.cfg.TRAINER.RADA.OPTIM.clone()
        optim.defrost()
        optim.MAX_EPOCH = self.cfg.OPTIM.MAX_EPOCH
        return {**super().learned(), "mask": Learned(self.model.head.mask, optim)}


@TRAINER_REGISTRY.register()
class RAda(WithRAda, ZeroshotCLIP):
    """The mask alone, over the features of frozen encoders."""

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for an OPTIM setting that nothing would read."""
        super().check_cfg(cfg)
        defaults = get_cfg_default().OPTIM
        for key in cfg.OPTIM.keys() - {"MAX_EPOCH"}:
            if cfg.OPTIM[key] != defaults[key]:
                raise ValueError(
                    f"RAda learns the mask only, so nothing reads OPTIM.{key}; "
                    f"set TRAINER.RADA.OPTIM.{key}"
                )


@TRAINER_REGISTRY.register()
class RAdaCoOp(WithRAda, CoOp):
    """CoOp's context and the mask, learned together."""
