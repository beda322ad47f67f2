"""RAda: a mask over the rational matrix, added to any trainer ("One Last Attention for Your
Vision-Language Model", ICCV 2025, arXiv 2507.15480).

`class RAdaX(WithRAda, X)` is all it takes.
"""

from torch import nn
from yacs.config import CfgNode

from dassl.engine import TRAINER_REGISTRY
from rada.encoders.encoders import Encoder
from rada.engine.learned import Learned, own_optim, require_unread, with_epochs
from rada.head.rational import RAdaHead

from .clip_adapter import Adapter, CLIPAdapter
from .cocoop import CoCoOp
from .coop import CoOp
from .ivlp import IVLP
from .kgcoop import KgCoOp
from .maple import MaPLe
from .mma import MMA
from .prompt import Prompt
from .promptsrc import PromptSRC
from .zsclip import ZeroshotCLIP


class WithRAda:
    """Mixin: exchanges a trainer's cosine head for the RAda head and learns its mask.

    The baseline's part is trained as OPTIM says, the mask as TRAINER.RADA.OPTIM says.
    """

    nodes = {
        "RADA": {
            "HEADS": 8,
            "TEMPERATURE": 1.0,
            "ALPHA": 0.1,  # weight of the smoothness penalty; the published runs' is not known
            "PENALTY": "linf",  # linf or mse
            "PREC": "fp32",  # of the mask's attention on a GPU: fp32, amp or amp_bf16
            # the authors' base-to-new recipe
            "OPTIM": own_optim(
                NAME="adam",
                LR=5e-5,
                WEIGHT_DECAY=5e-4,
                LR_SCHEDULER="cosine",
                WARMUP_EPOCH=1,
                WARMUP_TYPE="constant",
                WARMUP_CONS_LR=1e-5,
            ),
        }
    }

    def build_head(self, encoder: Encoder) -> nn.Module:
        """The RAda head; at initialisation its mask is one everywhere."""
        own, dim = self.cfg.TRAINER.RADA, encoder.backbone.dim
        if own.ALPHA < 0:
            raise ValueError(f"TRAINER.RADA.ALPHA must be 0 or more, got {own.ALPHA}")
        if own.PREC == "amp" and self.own.PREC != "amp":
            raise ValueError(
                "TRAINER.RADA.PREC amp needs the loss scaling that comes with "
                f"TRAINER.{self.section}.PREC amp; set that, too, or take amp_bf16"
            )
        return RAdaHead(dim, own.HEADS, own.TEMPERATURE, own.ALPHA, own.PENALTY, own.PREC)

    def learned(self) -> dict[str, Learned]:
        """The baseline's modules and the mask."""
        optim = with_epochs(self.cfg.TRAINER.RADA.OPTIM, self.cfg.OPTIM.MAX_EPOCH)
        return {**super().learned(), "mask": Learned(self.model.head.mask, optim)}


@TRAINER_REGISTRY.register()
class RAda(WithRAda, ZeroshotCLIP):
    """Learns the mask alone, over the features of frozen encoders."""

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for an OPTIM setting that nothing would read."""
        super().check_cfg(cfg)
        own = cfg.TRAINER.RADA.OPTIM
        require_unread(cfg.OPTIM, "RAda learns the mask only", "TRAINER.RADA.OPTIM", own)


@TRAINER_REGISTRY.register()
class RAdaCoOp(WithRAda, CoOp):
    """Learns CoOp's context and the mask."""


@TRAINER_REGISTRY.register()
class RAdaCoCoOp(WithRAda, CoCoOp):
    """Learns CoCoOp's context, which shifts with the image, and the mask."""


@TRAINER_REGISTRY.register()
class RAdaKgCoOp(WithRAda, KgCoOp):
    """Learns KgCoOp's context and the mask."""


@TRAINER_REGISTRY.register()
class RAdaMaPLe(WithRAda, MaPLe):
    """Learns MaPLe's coupled prompts and the mask."""


@TRAINER_REGISTRY.register()
class RAdaIVLP(WithRAda, IVLP):
    """Learns IVLP's prompts in both encoders and the mask."""


@TRAINER_REGISTRY.register()
class RAdaPromptSRC(WithRAda, PromptSRC):
    """Learns PromptSRC's prompts and the mask."""


@TRAINER_REGISTRY.register()
class RAdaCLIPAdapter(WithRAda, CLIPAdapter):
    """Learns CLIP-Adapter's bottleneck and the mask."""


@TRAINER_REGISTRY.register()
class RAdaMMA(WithRAda, MMA):
    """Learns MMA's adapters in both encoders and the mask."""


@TRAINER_REGISTRY.register()
class RAdaPrompt(WithRAda, Prompt):
    """Learns prompts and the mask: "RAda + Prompt" of the paper."""


@TRAINER_REGISTRY.register()
class RAdaAdapter(WithRAda, Adapter):
    """Learns residual adapters and the mask: "RAda + Adapter" of the paper."""
