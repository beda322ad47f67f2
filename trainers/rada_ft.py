"""RAda-FT: the encoders and the mask learn together (arXiv 2507.15480, full fine-tuning)."""

from dassl.engine import TRAINER_REGISTRY

from .flyp import FLYPCE
from .rada import WithRAda


@TRAINER_REGISTRY.register()
class RAdaFT(WithRAda, FLYPCE):
    """Learns both encoders and the mask: "RAda-FT" of the paper.

    OPTIM trains the encoders, TRAINER.RADA.OPTIM the mask.
    """
