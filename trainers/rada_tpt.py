"""RAda at test time: mask, prompt or both tuned to one image (ICCV 2025, arXiv 2507.15480)."""

from collections.abc import Sequence

from torch import nn
from yacs.config import CfgNode

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier
from rada.encoders.encoders import Encoder
from rada.encoders.prompt_learner import words_of
from rada.engine.learned import Learned
from rada.head.rational import RAdaHead

from .rada import WithRAda
from .tpt import TPT

TUNE = {"mask": ("mask",), "prompt": ("prompt",), "both": ("prompt", "mask")}


@TRAINER_REGISTRY.register()
class RAdaTPT(WithRAda, TPT):
    """Tunes a mask, first one everywhere, to each test image; or the prompt, or both."""

    section = "RADATPT"
    settings = TPT.settings | {"TUNE": "mask"}  # mask, prompt or both
    nodes = {"RADA": {"HEADS": 8, "TEMPERATURE": 1.0}}

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for a part that does not exist."""
        super().check_cfg(cfg)
        asked = cfg.TRAINER[self.section].TUNE
        if asked not in TUNE:
            known = ", ".join(TUNE)
            raise ValueError(f'TRAINER.{self.section}.TUNE is one of {known}; got "{asked}"')

    @property
    def tune(self) -> tuple[str, ...]:
        """What moves."""
        return TUNE[self.own.TUNE]

    def build_head(self, encoder: Encoder) -> nn.Module:
        """The RAda head without a penalty: entropy alone is minimised."""
        own = self.cfg.TRAINER.RADA
        return RAdaHead(encoder.backbone.dim, own.HEADS, own.TEMPERATURE)

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """Encoder and head; what does not move is frozen."""
        classifier = super().build_classifier(backbone, classnames)
        classifier.encoder.prompt_learner.requires_grad_("prompt" in self.tune)
        classifier.head.mask.requires_grad_("mask" in self.tune)
        return classifier

    def learned(self) -> dict[str, Learned]:
        """What moves; TEST.OPTIM says how."""
        modules = {}
        if "prompt" in self.tune:
            modules["prompt_learner"] = self.model.encoder.prompt_learner
        if "mask" in self.tune:
            modules["mask"] = self.model.head.mask
        return {name: Learned(module, self.cfg.OPTIM) for name, module in modules.items()}


@TRAINER_REGISTRY.register()
class RAdaTPTPretrained(RAdaTPT):
    """Tunes to each test image a mask that RAda has trained."""

    starts_from = "RAda"

    def loaded(self) -> dict[str, nn.Module]:
        """The mask, whatever moves."""
        return {"mask": self.model.head.mask}

    def record(self) -> dict[str, dict]:
        """RAda's mask fits if it was trained beside the same sentence."""
        record = super().record()
        model = record["model"]
        for key in self.own:
            model.pop(f"TRAINER.{self.section}.{key}", None)
        sentence = " ".join([*words_of(self.own.CTX_INIT), "{}."])
        record["model"] |= {
            "TRAINER.ZEROSHOTCLIP.TEMPLATE": sentence,
            "TRAINER.ZEROSHOTCLIP.ENSEMBLE": "",
        }
        return record
