"""MMA: multi-modal adapters (Yang et al., CVPR 2024)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import tokenize_classes
from rada.encoders.adapters import MultiModalAdapterEncoder, MultiModalAdapters
from rada.encoders.base import Encoder
from rada.engine.optim import Learned
from rada.engine.texts import own_template, require_depth
from rada.engine.trainer import CLIPTrainer


@TRAINER_REGISTRY.register()
class MMA(CLIPTrainer):
    """Learns adapters beside the last blocks of both encoders, joined by shared layers."""

    section = "MMA"
    settings = {
        "ADAPTER_START": 5,  # first block with adapters, from 1
        "ADAPTER_END": 12,  # last one
        "ADAPTER_DIM": 32,  # units of their bottleneck
        "ADAPTER_SCALE": 0.001,  # of what they add
        "TEMPLATE": "a photo of a {}.",  # empty: the dataset's own
        "PREC": "fp32",
    }

    counts_blocks = ("ADAPTER_START", "ADAPTER_END")

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Both encoders with adapters."""
        for encoder in ("vision", "text"):
            blocks = getattr(backbone, f"{encoder}_blocks")
            end = require_depth(self, "ADAPTER_END", 1, blocks, encoder)
        own = self.own
        if not 1 <= own.ADAPTER_START <= end:
            raise ValueError(
                f"TRAINER.{self.section}.ADAPTER_START must be from 1 to ADAPTER_END ({end}), "
                f"got {own.ADAPTER_START}"
            )
        if own.ADAPTER_DIM < 1 or not own.ADAPTER_SCALE > 0:
            raise ValueError(f"TRAINER.{self.section}: ADAPTER_DIM and _SCALE must be above 0")
        tokens = tokenize_classes(backbone, classnames, own_template(self))
        adapters = MultiModalAdapters(
            backbone, own.ADAPTER_START, end, own.ADAPTER_DIM, own.ADAPTER_SCALE
        )
        return MultiModalAdapterEncoder(backbone, tokens, adapters)

    def learned(self) -> dict[str, Learned]:
        """The adapters, trained as OPTIM says."""
        return {"adapters": Learned(self.model.encoder.adapters, self.cfg.OPTIM)}
