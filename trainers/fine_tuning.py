"""Fine-tuning of CLIP's encoders themselves, as in WiSE-FT (Wortsman et al., arXiv 2109.01903)."""

from collections.abc import Sequence

from torch import Tensor, nn
from yacs.config import CfgNode

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CLIPClassifier, Output, normalize
from rada.encoders.class_linear import ClassLinear, FreeLinearHead
from rada.engine.optim import Learned, with_epochs
from rada.losses import Anchor
from rada.settings import number, own_optim, whole

from .zsclip import ZeroshotCLIP

TRAINABLE = ("fp32", "amp", "amp_bf16")  # what keeps weights in float32


class FineTuning:
    """Mixin for a trainer that learns (some of) the pre-trained weights.

    It trains by steps. Statistics of batch normalisation (ResNets) stay those of pre-training, so
    that neither pieces of a batch nor several processes change what is learned.
    """

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """The keys of `CLIPTrainer`, with the recipe's defaults."""
        super().extend_cfg(cfg)
        cfg.TRAIN.LOOP = "steps"

    def check_settings(self, cfg: CfgNode) -> None:
        """Raises ValueError for weights in half precision, another start, or a loop by epochs."""
        if cfg.TRAIN.LOOP == "epochs":
            raise ValueError(f"{cfg.TRAINER.NAME} needs TRAIN.LOOP steps, got epochs")
        super().check_settings(cfg)
        if cfg.MODEL.INIT_WEIGHTS:
            raise ValueError(
                f"{cfg.TRAINER.NAME} starts from its backbone: give a CLIP checkpoint to "
                "--backbone, and leave out MODEL.INIT_WEIGHTS"
            )
        precision = cfg.TRAINER[self.section].PREC
        if precision not in TRAINABLE:
            raise ValueError(
                f"{cfg.TRAINER.NAME} trains the encoders' weights, which have to be float32: "
                f"TRAINER.{self.section}.PREC is one of {', '.join(TRAINABLE)}, not {precision}"
            )

    def set_model_mode(self, mode: str = "train", names=None) -> None:
        """As the toolbox's, without moving the statistics of batch normalisation."""
        super().set_model_mode(mode, names)
        for module in self.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


@TRAINER_REGISTRY.register()
class FT(FineTuning, ZeroshotCLIP):
    """Learns the image encoder and a linear classifier that starts from zero-shot CLIP's."""

    section = "FT"
    knows_trained_names_only = True
    settings = ZeroshotCLIP.settings

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """One row a class, which starts as s times its class features: from CLIP's own logits."""
        encoder = self.build_encoder(backbone, classnames)
        start = backbone.logit_scale * normalize(encoder.encode_text(), "text")
        backbone.model.visual.requires_grad_(True)
        linear = ClassLinear(backbone.dim, classnames, start)
        return CLIPClassifier(encoder, FreeLinearHead(linear))

    def learned(self) -> dict[str, Learned]:
        """The image encoder and the classifier, trained as OPTIM says."""
        visual, optim = self.model.encoder.backbone.model.visual, self.cfg.OPTIM
        return {
            "image_encoder": Learned(visual, optim),
            "linear": Learned(self.model.head.linear, optim),
        }


@TRAINER_REGISTRY.register()
class L2SP(FT):
    """FT that holds the image encoder near its start (Li et al., arXiv 1802.01483)."""

    section = "L2SP"
    settings = FT.settings | {
        "WEIGHT": number(
            0.01, "of the squared distance to w0, without the classifier's weights", least=0
        )
    }
    training_only = {"WEIGHT"}

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """FT's, and where its image encoder started."""
        model = super().build_classifier(backbone, classnames)
        model.anchor = Anchor(backbone.model.visual)
        return model

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy + WEIGHT |w - w0|^2."""
        distance = self.model.anchor.squared_distance()
        return super().criterion(output, images, labels) + self.own.WEIGHT * distance


@TRAINER_REGISTRY.register()
class LPFT(FT):
    """FT from a linear probe's classifier: LP-FT (Kumar et al., arXiv 2202.10054).

    TRAINER.LPFT.PROBE_EPOCHS learn the classifier alone, as TRAINER.LPFT.OPTIM says, then
    OPTIM.MAX_EPOCH all of it, as OPTIM says.
    """

    section = "LPFT"
    settings = FT.settings | {
        "PROBE_EPOCHS": whole(10, "epochs of the linear probe", least=1, most=1_000_000),
        "OPTIM": own_optim(NAME="adamw", LR=1e-3, WEIGHT_DECAY=0.0, LR_SCHEDULER="cosine"),
    }
    training_only = {"PROBE_EPOCHS"}

    def learned(self) -> dict[str, Learned]:
        """The classifier, then the image encoder and the classifier."""
        probe, epochs = self.own.PROBE_EPOCHS, self.cfg.OPTIM.MAX_EPOCH
        first, then = range(probe), range(probe, probe + epochs)
        optim = with_epochs(self.own.OPTIM, probe)
        both = {name: own._replace(epochs=then) for name, own in super().learned().items()}
        return {"probe": Learned(self.model.head.linear, optim, first), **both}
