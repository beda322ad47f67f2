"""TPT: prompts tuned to one test image (Shu et al., arXiv 2209.07511); and from trained prompts."""

from dassl.engine import TRAINER_REGISTRY
from rada.test_time.tuned_at_test import TunedAtTest

from .cocoop import CoCoOp
from .coop import CoOp
from .maple import MaPLe


@TRAINER_REGISTRY.register()
class TPT(TunedAtTest, CoOp):
    """Tunes the context "a photo of a" to each test image."""

    section = "TPT"
    settings = CoOp.settings | {"CTX_INIT": "a photo of a"}


@TRAINER_REGISTRY.register()
class CoOpTPT(TunedAtTest, CoOp):
    """Tunes a trained CoOp's context to each test image."""

    starts_from = "CoOp"


@TRAINER_REGISTRY.register()
class CoCoOpTPT(TunedAtTest, CoCoOp):
    """Tunes to each test image the context that a trained CoCoOp has for it."""

    starts_from = "CoCoOp"


@TRAINER_REGISTRY.register()
class MaPLeTPT(TunedAtTest, MaPLe):
    """Tunes a trained MaPLe's prompts in both encoders to each test image."""

    starts_from = "MaPLe"
