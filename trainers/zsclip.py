"""ZeroshotCLIP: CLIP with hand-written prompts (Radford et al., arXiv 2103.00020)."""

from dassl.engine import TRAINER_REGISTRY
from models.backbone import Backbone
from models.encoders import Encoder, TemplateEncoder
from trainers.base import CLIPTrainer


@TRAINER_REGISTRY.register()
class ZeroshotCLIP(CLIPTrainer):
    """Nothing is learned; `train` only tests."""

    section = "ZEROSHOTCLIP"
    settings = {
        "ZEROSHOTCLIP": {
            "TEMPLATE": "",  # a sentence with {}; empty: the dataset's own
            "PREC": "fp32",
        }
    }

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """Frozen class features."""
        template = self.cfg.TRAINER[self.section].TEMPLATE
        template = template or getattr(self.dm.dataset, "template", "a photo of a {}.")
        if template.count("{}") != 1:
            raise ValueError(f'TEMPLATE needs one {{}} for the class name; got "{template}"')
        print(f"Prompts: {[template.format(name.replace('_', ' ')) for name in classnames]}")
        return TemplateEncoder(backbone, classnames, [template])
