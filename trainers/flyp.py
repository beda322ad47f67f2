"""FLYP: fine-tune like you pre-train (Goyal et al., arXiv 2212.00638)."""

import torch
from torch import Tensor

from dassl.engine import TRAINER_REGISTRY
from rada.backbones.backbone import Backbone
from rada.classifier import CaptionClassifier, CLIPClassifier, Output
from rada.encoders.base import Encoder, SentenceEncoder
from rada.engine import distributed
from rada.engine.optim import Learned
from rada.losses import contrastive_loss

from .fine_tuning import FineTuning
from .zsclip import ZeroshotCLIP


class BothEncoders(FineTuning):
    """Mixin: learns all of CLIP; class features are those of its text encoder as it is."""

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """CLIP and the sentences of the setting."""
        backbone.model.requires_grad_(True)
        return SentenceEncoder(backbone, classnames, self.templates())

    def learned(self) -> dict[str, Learned]:
        """All of CLIP, its logit scale among it, trained as OPTIM says."""
        return {"clip": Learned(self.model.encoder.backbone.model, self.cfg.OPTIM)}


@TRAINER_REGISTRY.register()
class FLYPCE(BothEncoders, ZeroshotCLIP):
    """Learns both encoders by cross-entropy over class sentences: FLYP's ablation of its loss.

    With an ENSEMBLE each step draws a sentence for every class; tests average all of them.
    """

    section = "FLYPCE"
    settings = ZeroshotCLIP.settings

    def backward_batch(self, batch: dict, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """The gradient with one sentence for each class."""
        encoder = self.model.encoder
        templates, classes = encoder.sentences.shape[:2]
        encoder.say(torch.randint(templates, (classes,)) if templates > 1 else None)
        try:
            return super().backward_batch(batch, images, labels)
        finally:
            encoder.say(None)


@TRAINER_REGISTRY.register()
class FLYP(BothEncoders, ZeroshotCLIP):
    """Learns both encoders by CLIP's own contrastive loss over pictures and class sentences.

    The loss is that of the whole batch, over all its pieces (TRAIN.ACCUMULATE) and processes:
    features are made first, then the loss's gradient by them, then each piece's by that.
    """

    section = "FLYP"
    settings = ZeroshotCLIP.settings

    def build_classifier(self, backbone: Backbone, classnames: list[str]) -> CLIPClassifier:
        """Encoder and head, which take captions, too."""
        encoder = self.build_encoder(backbone, classnames)
        return CaptionClassifier(encoder, self.build_head(encoder))

    def backward_batch(self, batch: dict, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Give every learned tensor its gradient; the loss, and how many texts are of the class."""
        pieces = min(self.cfg.TRAIN.ACCUMULATE, len(labels))
        tokens = self.captions(batch["draw"].to(self.device), labels)
        parts = list(zip(images.tensor_split(pieces), tokens.tensor_split(pieces), strict=True))
        with torch.set_grad_enabled(pieces == 1):  # several are made again, one after the other
            seen = [self.with_paths(batch, self.network or self.model, *part) for part in parts]
        image, text, scale, loss, accuracy = self.feature_gradients(seen, labels)
        own = zip(parts, image.tensor_split(pieces), text.tensor_split(pieces), strict=True)
        for number, (part, image_gradient, text_gradient) in enumerate(own, 1):
            with distributed.synchronised(self.network, number == pieces):
                output = seen[0] if pieces == 1 else (self.network or self.model)(*part)
                pull = (output.image_features * image_gradient).sum()
                pull = pull + (output.text_features * text_gradient).sum()
                if number == pieces:
                    pull = pull + self.model.encoder.backbone.logit_scale * scale
                self.scaler.scale(pull).backward()
        return loss, accuracy

    def captions(self, draws: Tensor, labels: Tensor) -> Tensor:
        """Tokens (B, L) of a sentence about each picture's class; draws (B,) choose it."""
        sentences = self.model.encoder.sentences
        return sentences[draws % len(sentences), labels]

    def feature_gradients(self, seen: list[Output], labels: Tensor) -> tuple:
        """Gradients of the loss by this process's features (B, D) and the scale; loss, accuracy."""
        first, size = distributed.rank() * len(labels), len(labels)
        features = [
            distributed.all_gather(torch.cat([getattr(output, kind) for output in seen]).detach())
            for kind in ("image_features", "text_features")
        ]
        leaves = [*features, self.model.encoder.backbone.logit_scale.detach()]
        for leaf in leaves:
            leaf.requires_grad_(True)
        with torch.enable_grad():
            loss = contrastive_loss(*leaves)
        self.detect_anomaly(loss)
        image, text, scale = torch.autograd.grad(loss, leaves)
        nearest = (features[0] @ features[1].t()).argmax(-1)
        labels = distributed.all_gather(labels)
        accuracy = 100 * (labels[nearest] == labels).float().mean().item()
        own = slice(first, first + size)
        mean = distributed.world_size()  # gradients are averaged over processes
        return mean * image[own], mean * text[own], scale, loss.item(), accuracy
