"""PromptSRC: prompts that regulate themselves (Khattak et al., arXiv 2307.06948)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.backbones.templates import IMAGENET, encode_ensemble
from rada.classifier import Output, normalize
from rada.encoders.base import Encoder
from rada.losses import GaussianAverage
from rada.settings import number, with_defaults

from .ivlp import IVLP

TEMPLATES = IMAGENET[:60]  # the authors' file lists the first sixty


@TRAINER_REGISTRY.register()
class PromptSRC(IVLP):
    """Learns IVLP's prompts, held near frozen CLIP and averaged over the epochs."""

    section = "PROMPTSRC"
    settings = with_defaults(IVLP.settings, N_CTX_VISION=4, N_CTX_TEXT=4) | {
        "TEXT_LOSS_WEIGHT": number(25.0, "of the distance to frozen class features", least=0),
        "IMAGE_LOSS_WEIGHT": number(10.0, "of the distance to frozen image features", least=0),
        "GPA_MEAN": number(15.0, "epoch that counts most in the average over epochs"),
        "GPA_STD": number(1.0, "how far around it epochs count, epochs", above=0),
    }
    training_only = {"TEXT_LOSS_WEIGHT", "IMAGE_LOSS_WEIGHT", "GPA_MEAN", "GPA_STD"}

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """IVLP's, and the frozen class features to stay near."""
        frozen = encode_ensemble(backbone, classnames, TEMPLATES, normalise=False)
        self.frozen_features = normalize(frozen, "text")
        return super().build_encoder(backbone, classnames)

    def model_built(self) -> None:
        """The running average of what is learned is saved beside it."""
        self.averaged = nn.ModuleDict(dict(self._models))
        own, epochs = self.own, self.cfg.OPTIM.MAX_EPOCH
        self.average = GaussianAverage(self.averaged, epochs, own.GPA_MEAN, own.GPA_STD)
        self.register_model("average", self.average)

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy, and the distance of features and logits to frozen CLIP's."""
        backbone = self.model.encoder.backbone
        with torch.no_grad():
            frozen_images = normalize(backbone.encode_image(images), "image")
            frozen_logits = backbone.logit_scale * frozen_images @ self.frozen_features.t()
        text = F.l1_loss(output.text_features, self.frozen_features)
        image = F.l1_loss(output.image_features, frozen_images)
        logits, frozen = output.logits.log_softmax(-1), frozen_logits.log_softmax(-1)
        apart = F.kl_div(logits, frozen, reduction="sum", log_target=True) / logits.numel()
        own = self.own
        consistency = own.TEXT_LOSS_WEIGHT * text + own.IMAGE_LOSS_WEIGHT * image + apart
        return super().criterion(output, images, labels) + consistency

    def epoch_learned(self) -> None:
        """Add what the epoch learned to the average, with which the last epoch ends."""
        self.average.add(self.averaged, self.epoch)
        if self.epoch + 1 == self.max_epoch:
            print("Using the average over epochs (GPA) for the final model")
            self.average.copy_to(self.averaged)
