"""TPT: prompts tuned to one test image (Shu et al., arXiv 2209.07511); and from trained prompts."""

from dassl.engine import TRAINER_REGISTRY
from rada.settings import with_defaults
from rada.test_time.adaptation import Adaptation

from .cocoop import CoCoOp
from .coop import CoOp
from .maple import MaPLe


@TRAINER_REGISTRY.register()
class TPT(CoOp):
    """Tunes the context "a photo of a" to each test image."""

    adaptation = Adaptation
    section = "TPT"
    settings = with_defaults(CoOp.settings, CTX_INIT="a photo of a")


@TRAINER_REGISTRY.register()
class CoOpTPT(CoOp):
    """Tunes a trained CoOp's context to each test image."""

    adaptation = Adaptation
    starts_from = "CoOp"


@TRAINER_REGISTRY.register()
class CoCoOpTPT(CoCoOp):
    """Tunes to each test image the context that a trained CoCoOp has for it."""

    adaptation = Adaptation
    starts_from = "CoCoOp"


@TRAINER_REGISTRY.register()
class MaPLeTPT(MaPLe):
    """Tunes a trained MaPLe's prompts in both encoders to each test image."""

    adaptation = Adaptation
    starts_from = "MaPLe"
