"""FEATURES.CACHE: image features of fixed views are made once, for all trainers, seeds and runs.

Training and test then take batches of features (B, D) where they took pictures; the backbone hands
them on. Trainers whose image encoder learns, or gets prompts or adapters, go on with pictures.
"""

from functools import cached_property, partial

from torch import Tensor
from torch.utils.data import DataLoader

from dassl.data import DatasetWrapper
from rada.backbones.fixed_images import images_enter_alone
from rada.data.data_order import SeededFeatures, seeded
from rada.engine import distributed
from rada.engine.errors import worker_errors
from rada.engine.fixed_views import FixedViews
from rada.features import key
from rada.features.batches import FeatureBatches, batches_like
from rada.features.encoding import encode
from rada.features.folder import FeatureFolder
from rada.test_time.views import root_of


class EncodeOnce:
    """Mixin of `CLIPTrainer`.

    Attributes:
        encodes_once: whether this run takes features in the place of pictures.
    """

    encodes_once = False

    def encode_once(self) -> None:
        """With FEATURES.CACHE, let the loaders give features, if the method allows it.

        They are made when they are first asked for.
        """
        cfg, dm = self.cfg, self.dm
        if not cfg.FEATURES.CACHE:
            return
        if why := self.why_anew():
            print(f"FEATURES.CACHE: {cfg.TRAINER.NAME} encodes pictures anew: {why}")
            return
        self.encodes_once, views, train = True, cfg.FEATURES.AUGMENTATIONS, dm.train_loader_x
        transform = (dm.test_loader if views == 1 else train).dataset.transform
        items = train.dataset.data_source
        pictures = FixedViews(cfg, items, transform, views, self.pictures_root)
        batches = partial(SeededFeatures, max(0, cfg.SEED)) if self.by_steps else FeatureBatches
        opened = partial(self.open_features, pictures, dm.test_loader, views)
        dm.train_loader_x = batches_like(train, batches(items, opened, views))
        if dm.val_loader is not None:
            dm.val_loader = self.test_features(dm.val_loader)
        dm.test_loader = self.test_features(dm.test_loader)
        self.train_loader_x = dm.train_loader_x
        self.val_loader, self.test_loader = dm.val_loader, dm.test_loader

    def why_anew(self) -> str:
        """Why image features cannot be made once for all; empty if they can."""
        if self.adapts:
            return "it learns from many views of a test picture"
        encoder = self.model.encoder
        learned = {id(p) for module in self._models.values() for p in module.parameters()}
        visual = encoder.backbone.model.visual.parameters()
        if any(p.requires_grad or id(p) in learned for p in visual):
            return "its image encoder learns"
        if not images_enter_alone(encoder):
            return "prompts or adapters enter its image encoder"
        return ""

    def test_features(self, loader: DataLoader) -> DataLoader:
        """A loader of the features of pictures that are tested."""
        opened = partial(self.open_features, loader.dataset, loader, 1)
        return batches_like(loader, FeatureBatches(loader.dataset.data_source, opened))

    def open_features(self, pictures: DatasetWrapper, like: DataLoader, views: int) -> list[Tensor]:
        """The features of pictures in shards (n, D), made where they are not there.

        Args:
            pictures: their views, in order.
            like: loader of a test, whose batches they are encoded in.
            views: of each picture.
        """
        cfg, backbone = self.cfg, self.model.encoder.backbone
        made_of = self.made_of(pictures, views) | {"batch": str(like.batch_size)}
        own = cfg.FEATURES.FOLDER, cfg.DATASET.NAME.lower(), made_of
        folder = FeatureFolder(*own, len(pictures), like.batch_size)

        def encode_image(images: Tensor) -> Tensor:
            return backbone.encode_image(images.to(self.device))

        made = partial(encode, pictures=pictures, like=like, encode_image=encode_image)
        with seeded(0), worker_errors(self):  # the run draws what it would draw without this
            return folder.open(made)

    def made_of(self, pictures: DatasetWrapper, views: int) -> key.Key:
        """What the features of so many views of each picture depend on."""
        paths = [item.impath for item in pictures.data_source]
        made_of = {
            "image encoder": self.weights_digest,
            "precision": self.model.encoder.backbone.precision,
            "device": self.device.type,  # it decides the last digits, as the size of a batch does
            "transform": key.of_transform(pictures.transform),
            "views": str(views),
            "versions": key.versions(),
            **key.of_pictures(paths, self.pictures_root),
        }
        return made_of | ({"rehearsal": "yes"} if "REHEARSAL" in self.cfg else {})

    @cached_property
    def weights_digest(self) -> str:
        """Of the image encoder."""
        return key.of_weights(self.model.encoder.backbone.model.visual)

    @cached_property
    def pictures_root(self) -> str:
        """The folder that pictures are named from."""
        root = self.cfg.DATASET.ROOT
        return root_of(getattr(self.dm.dataset, "dataset_dir", root), root)

    def record(self) -> dict[str, dict]:
        """As always; a training on features goes on with features, and loads anywhere."""
        record = super().record()
        if self.encodes_once:
            views = self.cfg.FEATURES.AUGMENTATIONS
            record["run"]["FEATURES.CACHE"] = f"True with AUGMENTATIONS {views}"
        return record

    def before_train(self) -> None:
        """As always; the first of several processes makes the features of training pictures."""
        super().before_train()
        if self.encodes_once and self.start_epoch < self.max_epoch:
            with distributed.main_process_first():
                self.train_loader_x.dataset.open()

    def test(self, split: str | None = None) -> float:
        """As always, on features that are made before it begins."""
        if self.encodes_once:
            val = self.split_tested(split) == "val"
            (self.val_loader if val else self.test_loader).dataset.open()
        return super().test(split)
