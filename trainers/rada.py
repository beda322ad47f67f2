"""RAda: a mask over the rational matrix, added to any trainer ("One Last Attention for Your
Vision-Language Model", ICCV 2025, arXiv 2507.15480).

`class RAdaX(WithRAda, X)` is all it takes.
"""

from collections.abc import Sequence

from torch import nn
from yacs.config import CfgNode

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier
from rada.encoders.base import Encoder
from rada.encoders.prompts import words_of
from rada.engine.optim import Learned, require_unread, with_epochs
from rada.head.rational import RAdaHead
from rada.settings import choice, number, own_optim, whole

from .clip_adapter import Adapter, CLIPAdapter
from .cocoop import CoCoOp
from .coop import CoOp
from .flyp import FLYPCE
from .ivlp import IVLP, Prompt
from .kgcoop import KgCoOp
from .maple import MaPLe
from .mma import MMA
from .promptsrc import PromptSRC
from .tpt import TPT
from .zsclip import ZeroshotCLIP

HEADS = whole(8, "heads of the mask's attention, a divisor of the features' width", least=1)
TEMPERATURE = number(1.0, "divides the scores of the mask's attention", above=0)


class WithRAda:
    """Mixin: exchanges a trainer's cosine head for the RAda head and learns its mask.

    The baseline's part is trained as OPTIM says, the mask as TRAINER.RADA.OPTIM says.
    """

    nodes = {
        "RADA": {
            "HEADS": HEADS,
            "TEMPERATURE": TEMPERATURE,
            # the published runs' is not known
            "ALPHA": number(0.1, "weight of the smoothness penalty", least=0),
            "PENALTY": choice(
                "linf", "largest change of an image, or mean square change", "linf", "mse"
            ),
            "PREC": choice("fp32", "of the mask's attention on a GPU", "fp32", "amp", "amp_bf16"),
            "FORM": choice(
                "auto",
                "plain: as the equation stands, linear: in memory linear in K, auto: the fastest",
                *("auto", "plain", "linear"),
            ),
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
        if own.PREC == "amp" and self.own.PREC != "amp":
            raise ValueError(
                "TRAINER.RADA.PREC amp needs the loss scaling that comes with "
                f"TRAINER.{self.section}.PREC amp; set that, too, or take amp_bf16"
            )
        shape = dim, own.HEADS, own.TEMPERATURE
        return RAdaHead(*shape, own.ALPHA, own.PENALTY, own.PREC, own.FORM)

    def learned(self) -> dict[str, Learned]:
        """The baseline's modules and the mask."""
        optim = with_epochs(self.cfg.TRAINER.RADA.OPTIM, self.cfg.OPTIM.MAX_EPOCH)
        return {**super().learned(), "mask": Learned(self.model.head.mask, optim)}


@TRAINER_REGISTRY.register()
class RAda(WithRAda, ZeroshotCLIP):
    """Learns the mask alone, over the features of frozen encoders."""

    def check_settings(self, cfg: CfgNode) -> None:
        """Raises ValueError for an OPTIM setting that nothing would read."""
        super().check_settings(cfg)
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


@TRAINER_REGISTRY.register()
class RAdaFT(WithRAda, FLYPCE):
    """Learns both encoders and the mask: "RAda-FT" of the paper.

    OPTIM trains the encoders, TRAINER.RADA.OPTIM the mask.
    """


TUNE = {"mask": ("mask",), "prompt": ("prompt",), "both": ("prompt", "mask")}


@TRAINER_REGISTRY.register()
class RAdaTPT(WithRAda, TPT):
    """Tunes a mask, first one everywhere, to each test image; or the prompt, or both."""

    section = "RADATPT"
    settings = TPT.settings | {"TUNE": choice("mask", "what moves", "mask", "prompt", "both")}
    nodes = {"RADA": {"HEADS": HEADS, "TEMPERATURE": TEMPERATURE}}

    def build_head(self, encoder: Encoder) -> nn.Module:
        """The RAda head without a penalty: entropy alone is minimised."""
        own = self.cfg.TRAINER.RADA
        return RAdaHead(encoder.backbone.dim, own.HEADS, own.TEMPERATURE)

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """Encoder and head; what does not move is frozen."""
        classifier = super().build_classifier(backbone, classnames)
        tuned = TUNE[self.own.TUNE]
        classifier.encoder.prompt_learner.requires_grad_("prompt" in tuned)
        classifier.head.mask.requires_grad_("mask" in tuned)
        return classifier

    def learned(self) -> dict[str, Learned]:
        """What moves; TEST.OPTIM says how."""
        tuned, modules = TUNE[self.own.TUNE], {}
        if "prompt" in tuned:
            modules["prompt_learner"] = self.model.encoder.prompt_learner
        if "mask" in tuned:
            modules["mask"] = self.model.head.mask
        return {name: Learned(module, self.cfg.OPTIM) for name, module in modules.items()}


@TRAINER_REGISTRY.register()
class RAdaTPTPretrained(RAdaTPT):
    """Tunes to each test image a mask that RAda has trained."""

    starts_from = "RAda"

    def loaded(self) -> dict[str, nn.Module]:
        """The mask, whatever moves."""
        return {"mask": self.model.head.mask}

    def trained_as(self) -> dict[str, str | None]:
        """RAda's mask fits if it was trained beside the same sentence."""
        sentence = " ".join([*words_of(self.own.CTX_INIT), "{}."])
        return {
            **super().trained_as(),
            **{f"TRAINER.{self.section}.{key}": None for key in self.own},
            "TRAINER.ZEROSHOTCLIP.TEMPLATE": sentence,
            "TRAINER.ZEROSHOTCLIP.ENSEMBLE": "",
        }
