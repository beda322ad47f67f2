"""MMA: multi-modal adapters (Yang et al., CVPR 2024)."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import tokenize_classes
from rada.encoders.adapters import MultiModalAdapterEncoder, MultiModalAdapters
from rada.encoders.base import Encoder
from rada.engine.optim import Learned
from rada.engine.texts import own_template, require_depth
from rada.engine.trainer import CLIPTrainer
from rada.settings import number, precision, template, whole


@TRAINER_REGISTRY.register()
class MMA(CLIPTrainer):
    """Learns adapters beside the last blocks of both encoders, joined by shared layers."""

    section = "MMA"
    settings = {
        "ADAPTER_START": whole(5, "first block with adapters, from 1", least=1, most=1000),
        "ADAPTER_END": whole(12, "last block with adapters", least=1, most=1000),
        "ADAPTER_DIM": whole(32, "units of their bottleneck", least=1, most=100_000),
        "ADAPTER_SCALE": number(0.001, "factor of what they add", above=0),
        "TEMPLATE": template(
            "a photo of a {}.", "sentence for class names; empty: the dataset's own"
        ),
        "PREC": precision(),
    }

    counts_blocks = ("ADAPTER_START", "ADAPTER_END")

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Both encoders with adapters."""
        for encoder in ("vision", "text"):
            blocks = getattr(backbone, f"{encoder}_blocks")
            end = require_depth(self, "ADAPTER_END", blocks, encoder)
        own = self.own
        if end < own.ADAPTER_START:
            raise ValueError(
                f"TRAINER.{self.section}.ADAPTER_START is {own.ADAPTER_START}, behind "
                f"ADAPTER_END {end}"
            )
        tokens = tokenize_classes(backbone, classnames, own_template(self))
        adapters = MultiModalAdapters(
            backbone, own.ADAPTER_START, end, own.ADAPTER_DIM, own.ADAPTER_SCALE
        )
        return MultiModalAdapterEncoder(backbone, tokens, adapters)

    def learned(self) -> dict[str, Learned]:
        """The adapters, trained as OPTIM says."""
        return {"adapters": Learned(self.model.encoder.adapters, self.cfg.OPTIM)}
