"""FEATURES.CACHE: image features of fixed views are made once, for all trainers, seeds and runs.

Training and test then take batches of features (B, D) where they took pictures; the backbone hands
them on. Trainers whose image encoder learns, or gets prompts or adapters, go on with pictures.
"""

import zlib
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader
from yacs.config import CfgNode

from dassl.data import DatasetWrapper
from rada.backbones.fixed_images import images_enter_alone
from rada.data.data_order import seeded
from rada.data.pictures import path_below, root_of
from rada.data.withheld import Withheld
from rada.engine import distributed
from rada.engine.errors import worker_errors
from rada.features import key
from rada.features.batches import FeatureBatches, batches_like
from rada.features.encoding import encode
from rada.features.folder import FeatureFolder
from rada.features.seeded import SeededFeatures


class FeatureCache:
    """Lets a trainer's loaders give features in the place of pictures.

    Args:
        trainer: a `CLIPTrainer`.

    Attributes:
        active: whether they do.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.active = False

    def wrap_loaders(self) -> None:
        """With FEATURES.CACHE, let the loaders give features, if the method allows it.

        They are made when they are first asked for.
        """
        trainer = self.trainer
        cfg, dm = trainer.cfg, trainer.dm
        if not cfg.FEATURES.CACHE:
            return
        if why := self.why_not():
            print(f"FEATURES.CACHE: {cfg.TRAINER.NAME} encodes pictures anew: {why}")
            return
        self.active, views, train = True, cfg.FEATURES.AUGMENTATIONS, dm.train_loader_x
        transform = (dm.test_loader if views == 1 else train).dataset.transform
        items = train.dataset.data_source
        if not isinstance(items, Withheld):
            pictures = FixedViews(cfg, items, transform, views, self.pictures_root)
            by_steps = cfg.TRAIN.LOOP == "steps"
            batches = partial(SeededFeatures, max(0, cfg.SEED)) if by_steps else FeatureBatches
            opened = partial(self.open_features, pictures, dm.test_loader, views)
            dm.train_loader_x = batches_like(train, batches(items, opened, views))
        if dm.val_loader is not None:
            dm.val_loader = self.test_features(dm.val_loader)
        dm.test_loader = self.test_features(dm.test_loader)
        trainer.use_data(dm)

    def why_not(self) -> str:
        """Why image features cannot be made once for all; empty if they can."""
        if self.trainer.adapts:
            return "it learns from many views of a test picture"
        encoder, modules = self.trainer.model.encoder, self.trainer._models.values()
        learned = {id(parameter) for module in modules for parameter in module.parameters()}
        visual = encoder.backbone.model.visual.parameters()
        if any(p.requires_grad or id(p) in learned for p in visual):
            return "its image encoder learns"
        if not images_enter_alone(encoder):
            return "prompts or adapters enter its image encoder"
        return ""

    def open_for_training(self) -> None:
        """Make the features of training pictures; of several processes the first one does."""
        if self.active:
            with distributed.main_process_first():
                self.trainer.train_loader_x.dataset.open()

    def open_for_test(self, split: str) -> None:
        """Make the features of the pictures of a split, "val" or "test"."""
        if self.active:
            trainer = self.trainer
            (trainer.val_loader if split == "val" else trainer.test_loader).dataset.open()

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
        trainer = self.trainer
        cfg, backbone = trainer.cfg, trainer.model.encoder.backbone
        made_of = self.made_of(pictures, views) | {"batch": str(like.batch_size)}
        own = cfg.FEATURES.FOLDER, cfg.DATASET.NAME.lower(), made_of
        folder = FeatureFolder(*own, len(pictures), like.batch_size)

        def encode_image(images: Tensor) -> Tensor:
            return backbone.encode_image(images.to(trainer.device))

        made = partial(encode, pictures=pictures, like=like, encode_image=encode_image)
        with seeded(0), worker_errors(trainer):  # the run draws what it would draw without this
            return folder.open(made)

    def made_of(self, pictures: DatasetWrapper, views: int) -> key.Key:
        """What the features of so many views of each picture depend on."""
        paths = [item.impath for item in pictures.data_source]
        made_of = {
            "image encoder": self.weights_digest,
            "precision": self.trainer.model.encoder.backbone.precision,
            # it decides the last digits, as the size of a batch does
            "device": self.trainer.device.type,
            "transform": key.of_transform(pictures.transform),
            "views": str(views),
            "versions": key.versions(),
            **key.of_pictures(paths, self.pictures_root),
        }
        return made_of | ({"rehearsal": "yes"} if "REHEARSAL" in self.trainer.cfg else {})

    @cached_property
    def weights_digest(self) -> str:
        """Of the image encoder."""
        return key.of_weights(self.trainer.model.encoder.backbone.model.visual)

    @cached_property
    def pictures_root(self) -> str:
        """The folder that pictures are named from."""
        root = self.trainer.cfg.DATASET.ROOT
        return root_of(getattr(self.trainer.dm.dataset, "dataset_dir", root), root)


class FixedViews(DatasetWrapper):
    """Item i is view i % views of picture i // views.

    What is random in it is drawn from the view's number and the picture's path: it is the same in
    every run, whatever its seed.

    Args:
        cfg: of the run.
        items: the pictures.
        transform: as for Dassl's.
        views: of each picture.
        root: folder that pictures are named from.
    """

    def __init__(self, cfg: CfgNode, items: Sequence, transform: Any, views: int, root: str):
        super().__init__(cfg, items, transform=transform)
        self.views, self.root = views, root

    def __len__(self) -> int:
        return len(self.data_source) * self.views

    def __getitem__(self, place: int) -> dict:
        """As Dassl's item of the picture."""
        index, view = divmod(place, self.views)
        name = f"{view} {path_below(self.root, self.data_source[index].impath)}"
        with seeded(zlib.crc32(name.encode())):
            return super().__getitem__(index)


def require_views(features: CfgNode) -> None:
    """Raise ValueError if cfg.FEATURES asks for views that nothing makes."""
    if features.AUGMENTATIONS > 1 and not features.CACHE:
        raise ValueError(
            "nothing reads FEATURES.AUGMENTATIONS unless FEATURES.CACHE is True; set it, too"
        )
