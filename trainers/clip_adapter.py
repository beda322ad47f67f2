"""Adapters behind frozen encoders: CLIP-Adapter (Gao et al., arXiv 2110.04544), a residual one."""

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import encode_template
from rada.encoders.adapters import AdapterEncoder, FeatureAdapter
from rada.encoders.base import Encoder
from rada.engine.optim import Learned
from rada.engine.texts import own_template
from rada.engine.trainer import CLIPTrainer
from rada.settings import precision, share, template, whole


@TRAINER_REGISTRY.register()
class CLIPAdapter(CLIPTrainer):
    """Learns a bottleneck behind the image encoder, mixed with its features."""

    section = "CLIPADAPTER"
    settings = {
        "RATIO": share(0.2, "share of the adapter in the image features"),
        "TEXT_RATIO": share(0.0, "the same for class features; 0: they stay as they are"),
        "REDUCTION": whole(4, "the bottleneck has D / REDUCTION units", least=1, most=10_000),
        "TEMPLATE": template("", "sentence for class names; empty: the dataset's own"),
        "PREC": precision(),
    }

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Frozen encoders, adapters behind them."""
        if not self.own.RATIO:
            raise ValueError(
                f"TRAINER.{self.section}.RATIO is 0: nothing behind the images to learn"
            )
        image, text = (self.build_adapter(backbone.dim, key) for key in ("RATIO", "TEXT_RATIO"))
        features = encode_template(backbone, classnames, own_template(self))
        return AdapterEncoder(backbone, features, image, text)

    def build_adapter(self, dim: int, key: str) -> FeatureAdapter | None:
        """One adapter; None where its ratio is zero and the features' own."""
        ratio = self.own[key]
        return FeatureAdapter(dim, ratio, 1 - ratio, self.own.REDUCTION) if ratio else None

    def learned(self) -> dict[str, Learned]:
        """The adapters, trained as OPTIM says."""
        return {"clip_adapter": Learned(self.model.encoder.adapters, self.cfg.OPTIM)}


@TRAINER_REGISTRY.register()
class Adapter(CLIPTrainer):
    """Learns residual bottlenecks behind both encoders; they start as zero.

    The baseline of the paper's "RAda + Adapter". The authors' adapter ends in a ReLU and starts as
    zero: there a ReLU passes no gradient, so it would never learn. Here it has no last ReLU.
    """

    section = "ADAPTER"
    settings = {
        "REDUCTION": whole(4, "the bottleneck has D / REDUCTION units", least=1, most=10_000),
        "TEMPLATE": template("", "sentence for class names; empty: the dataset's own"),
        "PREC": precision(),
    }

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Frozen encoders, residual adapters behind them."""
        image, text = (
            FeatureAdapter(backbone.dim, 1.0, 1.0, self.own.REDUCTION, last_relu=False, zero=True)
            for _ in range(2)
        )
        features = encode_template(backbone, classnames, own_template(self))
        return AdapterEncoder(backbone, features, image, text)

    def learned(self) -> dict[str, Learned]:
        """The adapters, trained as OPTIM says."""
        return {"adapters": Learned(self.model.encoder.adapters, self.cfg.OPTIM)}
