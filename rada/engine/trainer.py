"""The trainer of all methods: composing the classifier, the training step, the test.

A method says what stands before the head (`build_encoder`), what of it is learned (`learned`) and,
if cross-entropy is not all, its loss (`criterion`); `WithRAda` in `trainers/rada.py` exchanges the
head. The toolbox's hooks are overridden here, once each, in the order in which a run meets them.
What needs a state of its own stands beside the trainer: its loop (`rada.engine.loops`), its
checkpoints, the feature cache and, for methods that learn at test time, the adaptation.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from yacs.config import CfgNode

from dassl.data import DataManager
from dassl.engine import TrainerX
from dassl.metrics import compute_accuracy
from dassl.optim import build_optimizer
from rada.backbones.backbone import Backbone
from rada.backbones.loading import build_backbone
from rada.class_names import class_mapping, require_distinct
from rada.classifier import CLIPClassifier, Output
from rada.data.data import cut_borders, require_training_pictures
from rada.data.validation import keep_test_apart
from rada.data.withheld import withhold
from rada.encoders.base import Encoder
from rada.engine import distributed
from rada.engine.checkpoints import Checkpoints
from rada.engine.errors import in_testing, pictures, step_errors, worker_errors
from rada.engine.loops import build_loop, require_train_settings
from rada.engine.metrics import Prediction, predictions_of, top5_and_calibration
from rada.engine.optim import (
    Learned,
    build_schedule,
    clip_gradients,
    load_initial_weights,
)
from rada.features import cache
from rada.head.cosine import CosineHead
from rada.settings import EPISODE, EVERY_RUN, extend
from rada.test_time.adaptation import Adaptation


class CLIPTrainer(TrainerX):
    """Base of every trainer.

    Attributes:
        section: the method's node below cfg.TRAINER.
        settings: its defaults, PREC among them; a method that builds on another one's repeats or
            extends that one's.
        counts_blocks: keys of the section that count the encoders' blocks.
        nodes: defaults of further nodes that a mixin adds below cfg.TRAINER, by node name.
        training_only: the method's settings that the learned tensors outlive.
        learned_per_class: whether the learned tensors belong to the classes of their training.
        knows_trained_names_only: whether what is learned belongs to the names of the training; all
            others use the test set's own names unless DATASET.TRAINED_NAMES is True.
        batch_divides: whether a batch's gradient is the mean of its parts'.
        adaptation: how a trainer that learns from each test image alone does so; it has no
            training.
        starts_from: name of the trainer whose checkpoint such a one loads; empty: of none.
        model: the classifier.
        network: the model, or what keeps it equal in several processes.
        phases: the epochs in which a module learns, by name; empty if all learn in all epochs.
        learned_parameters, learned_bytes: of all modules together, each counted once.
        metrics: results of the tests so far, such as {"test/accuracy": 76.3}, percent.
        seconds_before: what the earlier parts of a run took that was interrupted.
    """

    section = ""
    settings: dict = {}
    counts_blocks: tuple[str, ...] = ()
    nodes: dict[str, dict] = {}
    training_only: set[str] = set()
    learned_per_class = False
    knows_trained_names_only = False
    batch_divides = True
    adaptation: type[Adaptation] | None = None
    starts_from = ""

    model: CLIPClassifier
    network: nn.Module | None = None
    learned_parameters = learned_bytes = 0
    seconds_before = 0.0

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

    def learned(self) -> dict[str, Learned]:
        """The modules to train, by the name of their checkpoint folder; the method's own first."""
        return {}

    def loaded(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint fills, by its folders: what is learned."""
        return dict(self._models)

    def trained_as(self) -> dict[str, str | None]:
        """How the settings of the checkpoint that this run loads differ from its own.

        By dotted config key; None: it has no such key.
        """
        return {"TRAINER.NAME": self.starts_from} if self.adapts else {}

    def model_built(self) -> None:
        """Called once, when the model is built and what is learned has its optimisers."""

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """The loss, a scalar: cross-entropy plus the head's penalty.

        Args:
            output: what the classifier gives.
            images: (B, 3, H, W), what it was given.
            labels: (B,).
        """
        return F.cross_entropy(output.logits, labels) + output.penalty

    def epoch_learned(self) -> None:
        """Called when the steps of an epoch are done, before anything is tested or saved."""

    @classmethod
    def declared(cls) -> dict[str, dict]:
        """What this trainer adds to the config, in nested dicts of settings (`rada.settings`)."""
        own = {cls.section: cls.settings}
        for base in reversed(cls.__mro__):
            own |= vars(base).get("nodes", {})
        test = EVERY_RUN["TEST"] | (EPISODE if cls.adaptation else {})
        return EVERY_RUN | {"TEST": test, "TRAINER": own}

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the nodes that this trainer and its mixins read."""
        extend(cfg, cls.declared())

    def __init__(self, cfg: CfgNode):
        self.metrics: dict[str, float] = {}
        self.phases: dict[str, range] = {}
        self.loop = build_loop(self, cfg)
        self.checkpoints = Checkpoints(self)
        self.features = cache.FeatureCache(self)
        self.adapts = self.adaptation(self) if self.adaptation else None
        super().__init__(cfg)

    @property
    def own(self) -> CfgNode:
        """The method's settings, cfg.TRAINER.<section>."""
        return self.cfg.TRAINER[self.section]

    def check_cfg(self, cfg: CfgNode) -> None:
        """Dassl's hook, called before anything is built."""
        self.check_settings(cfg)

    def check_settings(self, cfg: CfgNode) -> None:
        """Raises ValueError for settings that do not go together."""
        trained_by = 1 if self.adapts else distributed.world_size()
        require_train_settings(cfg.TRAIN, self.batch_divides, trained_by)
        cache.require_views(cfg.FEATURES)
        if self.adapts:
            self.adapts.check_settings(cfg)

    def build_data_loader(self) -> None:
        """Dassl's loaders, or the adaptation's of views; validated apart from the test.

        A border that pictures have is cut off.
        """
        with distributed.main_process_first():  # datasets make files on first use
            dm = self.adapts.data_manager(self.cfg) if self.adapts else DataManager(self.cfg)
        if not self.adapts:  # with it, there is no training
            keep_test_apart(self.cfg, dm)
            self.loop.share(dm)
        cut_borders(dm)
        withhold(self.cfg, dm)
        self.use_data(dm)

    def use_data(self, dm: DataManager) -> None:
        """Take loaders, and what is known of the classes, as Dassl's `build_data_loader` does."""
        self.dm = dm
        self.train_loader_x, self.train_loader_u = dm.train_loader_x, dm.train_loader_u
        self.val_loader, self.test_loader = dm.val_loader, dm.test_loader
        self.num_classes, self.lab2cname = dm.num_classes, dm.lab2cname
        self.num_source_domains = dm.num_source_domains

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
        self.features.wrap_loaders()
        self.model_built()

    def by_trained_names(self) -> bool:
        """Whether classes go by the names of the training (`rada.class_names`).

        Raises:
            ValueError: if a trainer that adapts is asked for it.
        """
        asked = self.knows_trained_names_only or self.cfg.DATASET.get("TRAINED_NAMES", False)
        if asked and self.adapts and hasattr(self.dm.dataset, "trained_names"):
            name = self.cfg.TRAINER.NAME
            raise ValueError(f"{name} has no DATASET.TRAINED_NAMES; set it to False")
        return asked

    def register_learned(self) -> None:
        """Give each learned module its optimiser and schedule; print how much is learned."""
        cfg, learned = self.cfg, self.learned()
        if learned and not any(p.requires_grad for p in self.model.encoder.backbone.parameters()):
            print("Turning off gradients in both the image and the text encoder")
        for name, (module, optim_cfg, _) in learned.items():
            if cfg.MODEL.INIT_WEIGHTS and not self._models:
                load_initial_weights(module, cfg.MODEL.INIT_WEIGHTS)
            optim = build_optimizer(module, optim_cfg)
            sched = build_schedule(optim, optim_cfg, len(self.train_loader_x))
            self.register_model(name, module, optim, sched)
        self.phases = {name: own.epochs for name, own in learned.items() if own.epochs is not None}
        if self.phases:
            self.max_epoch = max(epochs.stop for epochs in self.phases.values())
        tensors = list({id(p): p for m in self._models.values() for p in m.parameters()}.values())
        self.learned_parameters = sum(p.numel() for p in tensors)
        self.learned_bytes = sum(p.nbytes for p in tensors)
        size = f"{self.learned_bytes / 1e3:,.1f} kB"
        print(
            f"# learned parameters: {self.learned_parameters:,} in {len(tensors)} tensors, {size}"
        )

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

    def before_train(self) -> None:
        """Resume what was begun, as Dassl does; make the features of training pictures."""
        super().before_train()
        if self.start_epoch < self.max_epoch:
            self.features.open_for_training()
        self.loop.begin()

    def resume_model_if_exist(self, directory: str) -> int:
        """Epochs done of the run in a folder; 0 if there is none.

        Raises:
            FileNotFoundError: if RESUME names a folder without a checkpoint.
            ValueError: if the checkpoint is of another run, or damaged.
        """
        return self.loop.resume(directory, super().resume_model_if_exist)

    def before_epoch(self) -> None:
        """Let gradients flow to what learns in this epoch alone, and be shared by all processes."""
        super().before_epoch()
        if self.phases:
            for module in self._models.values():
                module.requires_grad_(False)
            for name in self.active():
                self._models[name].requires_grad_(True)
        if self.starts_phase():
            self.best_result = -float("inf")  # the best is one of the last phase
        if self.epoch == self.start_epoch or self.starts_phase():
            self.network = distributed.data_parallel(self.model)

    def active(self) -> list[str]:
        """Names of the modules that learn in this epoch."""
        return [
            name
            for name in self.get_model_names()
            if name not in self.phases or self.epoch in self.phases[name]
        ]

    def starts_phase(self) -> bool:
        """Whether a module begins to learn in this epoch."""
        return any(epochs.start == self.epoch for epochs in self.phases.values())

    def run_epoch(self) -> None:
        """The steps of an epoch, with Dassl's log lines."""
        with worker_errors(self):
            self.loop.run_epoch(super().run_epoch)

    def after_epoch(self) -> None:
        """Keep the best on validation, what CHECKPOINT_FREQ asks for, and the newest."""
        self.epoch_learned()
        self.loop.after_epoch(super().after_epoch)

    def after_train(self) -> None:
        """Test the last model, or the best on validation; print how large the checkpoint is."""
        self.loop.finish()
        distributed.barrier()
        self.network = None  # of several processes: it goes before their connection does
        super().after_train()
        sizes = [f"{name} {n / 1e3:,.1f} kB" for name, n in self.checkpoints.sizes().items()]
        print(f"# checkpoint: {', '.join(sizes)} (learned tensors, and what resuming needs)")

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor]:
        """Images (B, 3, H, W) and labels (B,) on the trainer's device."""
        return batch["img"].to(self.device), batch["label"].to(self.device)

    def forward_backward(self, batch: dict) -> dict[str, float]:
        """One step of all optimisers; what the log shows of it."""
        images, labels = self.parse_batch_train(batch)
        names = self.active()
        self.model_zero_grad(names)
        with step_errors(self, batch):
            loss, accuracy = self.backward_batch(batch, images, labels)
            self.update(names)
        return {"loss": loss, "acc": accuracy}

    def backward_batch(self, batch: dict, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Give every learned tensor the gradient of a whole batch; its loss and accuracy."""
        pieces = min(self.cfg.TRAIN.ACCUMULATE, len(labels))
        loss = accuracy = 0.0
        split = zip(images.tensor_split(pieces), labels.tensor_split(pieces), strict=True)
        for number, (some, theirs) in enumerate(split, 1):
            share = len(theirs) / len(labels)
            with distributed.synchronised(self.network, number == pieces):
                output = self.with_paths(batch, self.network or self.model, some)
                loss += share * self.backward(output, some, theirs, share)
            accuracy += share * compute_accuracy(output.logits, theirs)[0].item()
        return loss, accuracy

    def with_paths(self, batch: dict, function, *inputs: Tensor):
        """function(*inputs), whose ValueError also names the pictures."""
        try:
            return function(*inputs)
        except ValueError as error:
            raise type(error)(f"{error} (batch of {pictures(batch)})") from error

    def backward(self, output: Output, images: Tensor, labels: Tensor, share: float = 1.0) -> float:
        """Add share times the (scaled) gradient to every learned tensor's; returns the loss."""
        loss = self.criterion(output, images, labels)
        self.detect_anomaly(loss)
        self.scaler.scale(loss * share).backward()
        return loss.item()

    def update(self, names: list[str]) -> None:
        """One step of the optimisers of these names, and of the schedules that are due."""
        optims = [self._optims[name] for name in names if self._optims[name]]
        longest = self.cfg.TRAIN.CLIP_NORM
        taken = longest <= 0 or clip_gradients(optims, self.scaler, longest)
        if taken:
            for optim in optims:
                self.scaler.step(optim)
        self.scaler.update()
        by_step = {name for name in names if getattr(self._scheds[name], "by_step", False)}
        ends_epoch = self.batch_idx + 1 == self.num_batches
        due = [name for name in names if (taken if name in by_step else ends_epoch)]
        if due:
            self.update_lr(due)

    def get_current_lr(self, names: str | list[str] | None = None) -> float:
        """Learning rate of the first (named) module, by default of those that learn now."""
        return super().get_current_lr(names or self.active())

    def save_model(self, epoch, directory, is_best=False, val_result=None, model_name=""):
        """As Dassl's, with metadata; of several processes the first one saves."""
        self.checkpoints.save(epoch, directory, is_best, val_result, model_name)

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load the learned tensors of an epoch; by default the best on validation, else the last.

        Raises:
            FileNotFoundError: if there is no such checkpoint.
            ValueError: if it is of another trainer, backbone or setting (or classes, with CSC).
        """
        if self.adapts and not self.adapts.loads(directory):
            return
        self.checkpoints.load(directory, epoch)
        if self.adapts:
            self.adapts.after_load(directory)

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split.

        The first of several processes tests; only where images are adapted to, they share them.
        A method that tests otherwise overrides `evaluate`, or has an adaptation, never this.
        """
        split = self.split_tested(split)
        with worker_errors(self):
            if self.adapts:
                accuracy = self.adapts.evaluate(split)
            else:
                accuracy = 0.0 if distributed.rank() else self.evaluate(split)
            return distributed.broadcast(accuracy)

    def split_tested(self, split: str | None) -> str:
        """The split that Dassl tests on if asked for this one: "val" or "test"."""
        wanted = split or self.cfg.TEST.SPLIT
        return "val" if wanted == "val" and self.val_loader is not None else "test"

    def evaluate(self, split: str) -> float:
        """Accuracy, percent, on "val" or "test"; class features are encoded once.

        Top-5 accuracy and calibration error are added to the results.
        """
        self.features.open_for_test(split)
        self._predictions: list[Prediction] = []
        with self.model.classes_encoded_once():
            accuracy = super().test(split)
        self.report(split, top5_and_calibration(self._predictions))
        return accuracy

    def parse_batch_test(self, batch: dict) -> tuple[Tensor, Tensor]:
        """As for training; remembers the batch for messages that name a picture."""
        self._test_batch = batch
        return self.parse_batch_train(batch)

    def model_inference(self, images: Tensor) -> Tensor:
        """Logits (B, K) of the batch that was parsed last.

        Raises:
            ValueError: naming the pictures, if a feature vector is zero or a number is not finite;
                or saying that memory does not suffice.
        """
        if self.adapts:
            return self.adapts.logits(images, self._test_batch["impath"])
        with in_testing(self, self._test_batch, "DATALOADER.TEST.BATCH_SIZE"):
            logits = self.with_paths(self._test_batch, self._finite_logits, images)
        self._predictions += predictions_of(logits, self._test_batch["label"])
        return logits

    def _finite_logits(self, images: Tensor) -> Tensor:
        logits = self.model(images).logits
        if not logits.isfinite().all():
            raise ValueError(
                "the logits are not finite, as after a training that diverged; train again with a "
                "lower learning rate, or PREC fp32"
            )
        return logits

    def report(self, split: str, results: dict[str, float]) -> None:
        """Write results, percent, to tensorboard and to the results of this run."""
        for name, value in results.items():
            self.write_scalar(f"{split}/{name}", value, self.epoch)

    def test_metrics(self) -> dict[str, float]:
        """Results of the last test on the test split by name, percent."""
        found = ((name.partition("/"), value) for name, value in self.metrics.items())
        return {metric: value for (split, _, metric), value in found if split == "test"}

    def init_writer(self, log_dir: str) -> None:
        """Dassl's; of several processes the first one writes."""
        if not distributed.rank():
            super().init_writer(log_dir)

    def write_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        """Dassl's tensorboard hook; also keeps the results of tests."""
        if not tag.startswith("train/"):
            self.metrics[tag] = float(scalar_value)
        super().write_scalar(tag, scalar_value, global_step)
