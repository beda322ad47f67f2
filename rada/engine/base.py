"""What all trainers share: composing the classifier, learning, the test.

A method says what stands before the head (`build_encoder`), what of it is learned (`learned`) and,
if cross-entropy is not all, its loss (`criterion`); `WithRAda` in `trainers/rada.py` exchanges the
head.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from yacs.config import CfgNode

from dassl.engine import TrainerX
from rada.backbones.backbone import Backbone
from rada.backbones.loading import build_backbone
from rada.backbones.precision import PRECISIONS
from rada.classifier import CLIPClassifier
from rada.data.class_mapping import class_mapping
from rada.data.data import cut_borders, require_distinct, require_training_pictures
from rada.encoders.base import Encoder
from rada.engine import distributed, wise_ft
from rada.engine.checkpoints import LearnedCheckpoints
from rada.engine.encode_once import EncodeOnce
from rada.engine.errors import worker_errors
from rada.engine.learned_modules import LearnedModules
from rada.engine.optim import BY_STEPS
from rada.engine.step_loop import StepLoop
from rada.engine.testing import Testing
from rada.engine.train_settings import FEATURES, TRAIN, require_possible, require_views
from rada.engine.training import TrainingStep
from rada.head.cosine import CosineHead
from rada.test_time.adaptation import Adaptation


class CLIPTrainer(
    StepLoop,
    EncodeOnce,
    LearnedCheckpoints,
    LearnedModules,
    TrainingStep,
    Testing,
    TrainerX,
):
    """Base of every trainer.

    Attributes:
        section: the method's node below cfg.TRAINER.
        settings: its defaults, PREC among them; a method that builds on another one's repeats or
            extends that one's.
        counts_blocks: keys of the section that count the encoders' blocks.
        nodes: defaults of further nodes that a mixin adds below cfg.TRAINER, by node name.
        knows_trained_names_only: whether what is learned belongs to the names of the training; all
            others use the test set's own names unless DATASET.TRAINED_NAMES is True.
        adaptation: how a trainer that learns from each test image alone does so; it has no
            training.
        starts_from: name of the trainer whose checkpoint such a one loads; empty: of none.
        metrics: results of the tests so far, such as {"test/accuracy": 76.3}, percent.
    """

    section = ""
    settings: dict = {}
    counts_blocks: tuple[str, ...] = ()
    nodes: dict[str, dict] = {}
    knows_trained_names_only = False
    adaptation: type[Adaptation] | None = None
    starts_from = ""

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the nodes that this trainer and its mixins read."""
        for node, more in ((cfg.TRAIN, TRAIN), (cfg.OPTIM, BY_STEPS), (cfg.TEST, wise_ft.SETTINGS)):
            node.update(more)
        cfg.FEATURES = CfgNode(FEATURES)
        cfg.TRAINER[cls.section] = CfgNode(cls.settings)
        for base in reversed(cls.__mro__):
            for name, defaults in vars(base).get("nodes", {}).items():
                cfg.TRAINER[name] = CfgNode(defaults)
        if cls.adaptation:
            cls.adaptation.extend_cfg(cfg)

    def __init__(self, cfg: CfgNode):
        self.adapts = self.adaptation(self) if self.adaptation else None
        self.metrics: dict[str, float] = {}
        super().__init__(cfg)

    @property
    def own(self) -> CfgNode:
        """The method's settings, cfg.TRAINER.<section>."""
        return self.cfg.TRAINER[self.section]

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for a precision that does not exist, or an impossible TRAIN setting."""
        precision, known = cfg.TRAINER[self.section].PREC, ", ".join(PRECISIONS)
        if precision not in PRECISIONS:
            raise ValueError(f'TRAINER.{self.section}.PREC is one of {known}; got "{precision}"')
        trained_by = 1 if self.adapts else distributed.world_size()
        require_possible(cfg.TRAIN, self.batch_divides, trained_by)
        wise_ft.require_coefficients(cfg.TEST.WISE_FT)
        require_views(cfg.FEATURES)
        if self.adapts:
            self.adapts.check_cfg(cfg)

    def build_encoder(self, backbone: Backbone, classnames: Sequence[str]) -> Encoder:
        """What the method puts before the head."""
        raise NotImplementedError

    def build_head(self, encoder: Encoder) -> nn.Module:
        """From features to logits: CLIP's cosine unless a mixin exchanges it."""
        return CosineHead()

    def build_classifier(self, backbone: Backbone, classnames: Sequence[str]) -> CLIPClassifier:
        """Encoder and head, composed."""
        encoder = self.build_encoder(backbone, classnames)
        return CLIPClassifier(encoder, self.build_head(encoder))

    def build_model(self) -> None:
        """Compose backbone, encoder and head; register what is learned."""
        cfg, name = self.cfg, self.cfg.MODEL.BACKBONE.NAME
        require_distinct(self.dm.dataset.classnames, type(self.dm.dataset))
        print(f"Loading CLIP (backbone: {name})")
        backbone = build_backbone(name, self.own.PREC)
        if tuple(cfg.INPUT.SIZE) != (backbone.image_size, backbone.image_size):
            raise ValueError(
                f"{name} sees pictures of side {backbone.image_size}; set INPUT.SIZE to that, "
                f"not {tuple(cfg.INPUT.SIZE)}"
            )
        print("Building custom CLIP")
        backbone.activation_checkpointing = cfg.TRAIN.ACTIVATION_CHECKPOINTING
        backbone.to(self.device)
        names, groups = class_mapping(self.dm.dataset, self.by_trained_names())
        self.model = self.build_classifier(backbone, names)
        self.model.join(groups)
        self.model.to(self.device)
        self.register_learned()
        fp16 = self.own.PREC == "amp" and self.device.type == "cuda"
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=fp16)
        self.encode_once()

    def by_trained_names(self) -> bool:
        """Whether classes go by the names of the training (`rada.data.class_mapping`).

        Raises:
            ValueError: if a trainer that adapts is asked for it.
        """
        asked = self.knows_trained_names_only or self.cfg.DATASET.get("TRAINED_NAMES", False)
        if asked and self.adapts and hasattr(self.dm.dataset, "trained_names"):
            name = self.cfg.TRAINER.NAME
            raise ValueError(f"{name} has no DATASET.TRAINED_NAMES; set it to False")
        return asked

    def build_data_loader(self) -> None:
        """Dassl's, and a border that pictures have is cut off."""
        super().build_data_loader()
        cut_borders(self.dm)

    def train(self) -> None:
        """Train, then test; a method that learns nothing is tested at once."""
        if self.cfg.TEST.WISE_FT:
            raise ValueError("TEST.WISE_FT mixes what was learned before; give it with --eval-only")
        if self.adapts:
            self.adapts.require_nothing_to_train()
            print("Nothing to train before the test")
            self.test()
        elif self._models:
            require_training_pictures(self.dm.dataset)
            super().train()
        else:
            print("Nothing to learn")
            self.test()

    def init_writer(self, log_dir: str) -> None:
        """Dassl's; of several processes the first one writes."""
        if not distributed.rank():
            super().init_writer(log_dir)

    def write_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        """Dassl's tensorboard hook; also keeps the results of tests."""
        if not tag.startswith("train/"):
            self.metrics[tag] = float(scalar_value)
        super().write_scalar(tag, scalar_value, global_step)

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load the learned tensors of an epoch; see `LearnedCheckpoints`."""
        if self.adapts and not self.adapts.loads(directory):
            return
        super().load_model(directory, epoch)
        if self.adapts:
            self.adapts.after_load(directory)

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split.

        The first of several processes tests; only where images are adapted to, they share them.
        """
        if self.adapts:
            with worker_errors(self):
                return distributed.broadcast(self.adapts.evaluate(self.split_tested(split)))
        return super().test(split)

    def model_inference(self, images: Tensor) -> Tensor:
        """Logits (B, K) of the batch that was parsed last."""
        if self.adapts:
            return self.adapts.logits(images, self._test_batch["impath"])
        return super().model_inference(images)

    def trained_as(self) -> dict[str, str | None]:
        """How the settings of the checkpoint that this run loads differ from its own.

        By dotted config key; None: it has no such key.
        """
        return {"TRAINER.NAME": self.starts_from} if self.adapts else {}

    def test_metrics(self) -> dict[str, float]:
        """Results of the last test on the test split by name, percent."""
        return {k.removeprefix("test/"): v for k, v in self.metrics.items() if k[:5] == "test/"}
