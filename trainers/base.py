"""What all trainers share: composing the classifier, the training step, the test.

A method says what stands before the head (`build_encoder`) and what of it is learned (`learned`);
`WithRAda` in `trainers/rada.py` exchanges the head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from yacs.config import CfgNode

from dassl.engine import TrainerX
from dassl.metrics import compute_accuracy
from dassl.optim import build_optimizer
from models.backbone import PRECISIONS, Backbone, build_backbone
from models.classifier import CLIPClassifier
from models.cosine import CosineHead
from models.encoders import Encoder
from trainers.checkpoints import LearnedCheckpoints
from trainers.data import cut_borders, require_training_pictures
from trainers.learned import Learned, build_schedule


class CLIPTrainer(LearnedCheckpoints, TrainerX):
    """Base of every trainer.

    Attributes:
        section: the method's node below cfg.TRAINER; it holds PREC.
        settings: defaults of the nodes a class adds below cfg.TRAINER, by node name; those of all
            base classes count; only the selected trainer's nodes exist.
        metrics: results of the tests so far, such as {"test/accuracy": 76.3}, percent.
    """

    section = ""
    settings: dict[str, dict] = {}

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the nodes that this trainer and its base classes read."""
        for base in reversed(cls.__mro__):
            for name, defaults in vars(base).get("settings", {}).items():
                cfg.TRAINER[name] = CfgNode(defaults)

    def __init__(self, cfg: CfgNode):
        self.metrics: dict[str, float] = {}
        super().__init__(cfg)

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for a precision that does not exist."""
        precision, known = cfg.TRAINER[self.section].PREC, ", ".join(PRECISIONS)
        if precision not in PRECISIONS:
            raise ValueError(f'TRAINER.{self.section}.PREC is one of {known}; got "{precision}"')

    def build_encoder(self, backbone: Backbone, classnames: list[str]) -> Encoder:
        """What the method puts before the head."""
        raise NotImplementedError

    def build_head(self, dim: int) -> nn.Module:
        """From features of width dim to logits: CLIP's cosine unless a mixin exchanges it."""
        return CosineHead()

    def learned(self) -> dict[str, Learned]:
        """The modules to train, by the name of their checkpoint folder."""
        return {}

    def build_model(self) -> None:
        """Compose backbone, encoder and head; register what is learned."""
        cfg = self.cfg
        print(f"Loading CLIP (backbone: {cfg.MODEL.BACKBONE.NAME})")
        backbone = build_backbone(cfg.MODEL.BACKBONE.NAME, cfg.TRAINER[self.section].PREC)
        if tuple(cfg.INPUT.SIZE) != (backbone.image_size, backbone.image_size):
            raise ValueError(
                f"{cfg.MODEL.BACKBONE.NAME} sees pictures of side "
                f"{backbone.image_size}; set INPUT.SIZE to that, not {tuple(cfg.INPUT.SIZE)}"
            )
        print("Building custom CLIP")
        backbone.to(self.device)
        encoder = self.build_encoder(backbone, self.dm.dataset.classnames)
        self.model = CLIPClassifier(encoder, self.build_head(backbone.dim)).to(self.device)
        for name, (module, optim_cfg) in self.learned().items():
            optim = build_optimizer(module, optim_cfg)
            self.register_model(name, module, optim, build_schedule(optim, optim_cfg))
        self.learned_parameters = sum(
            p.numel() for m in self._models.values() for p in m.parameters()
        )
        print(f"# learned parameters: {self.learned_parameters:,}")
        fp16 = cfg.TRAINER[self.section].PREC == "amp" and self.device.type == "cuda"
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=fp16)

    def build_data_loader(self) -> None:
        """Dassl's, and a border that pictures have is cut off."""
        super().build_data_loader()
        cut_borders(self.dm)

    def train(self) -> None:
        """Train, then test; a method that learns nothing is tested at once."""
        if self._models:
            require_training_pictures(self.dm.dataset)
            super().train()
        else:
            print("Nothing to learn")
            self.test()

    def forward_backward(self, batch: dict) -> dict[str, float]:
        """One step: cross-entropy plus the head's penalty."""
        image, label = self.parse_batch_train(batch)
        logits, penalty = self._with_paths(batch, self.model, image)
        loss = F.cross_entropy(logits, label) + penalty
        self.detect_anomaly(loss)
        self.model_zero_grad()
        self.scaler.scale(loss).backward()
        for optim in self._optims.values():
            self.scaler.step(optim)
        self.scaler.update()
        if self.batch_idx + 1 == self.num_batches:
            self.update_lr()
        return {"loss": loss.item(), "acc": compute_accuracy(logits, label)[0].item()}

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor]:
        """Images (B, 3, H, W) and labels (B,) on the trainer's device."""
        return batch["img"].to(self.device), batch["label"].to(self.device)

    def parse_batch_test(self, batch: dict) -> tuple[Tensor, Tensor]:
        """As for training; remembers the batch for messages that name a picture."""
        self._test_batch = batch
        return self.parse_batch_train(batch)

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split; class features are encoded once."""
        with self.model.classes_encoded_once():
            return super().test(split)

    def model_inference(self, images: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self._with_paths(self._test_batch, self.model, images).logits

    def write_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        """Dassl's tensorboard hook; also keeps the results of tests."""
        if not tag.startswith("train/"):
            self.metrics[tag] = float(scalar_value)
        super().write_scalar(tag, scalar_value, global_step)

    def _with_paths(self, batch: dict, function, images: Tensor):
        try:
            return function(images)
        except ValueError as error:
            first, *rest = batch["impath"]
            more = f" and {len(rest)} more" if rest else ""
            raise ValueError(f"{error} (batch of {first}{more})") from error
