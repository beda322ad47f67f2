"""Parts of a tiny run: pictures on disk, a dataset of them, a config and a linear trainer."""

import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from dassl.config import get_cfg_default
from dassl.data.datasets import DATASET_REGISTRY, DatasetBase, Datum
from dassl.engine import TRAINER_REGISTRY, TrainerX, TrainerXU
from dassl.metrics import compute_accuracy
from dassl.optim import build_lr_scheduler, build_optimizer

CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]


class Synth(DatasetBase):
    """Pictures 0.png, 1.png, ... of DATASET.ROOT in class i % classes.

    `sizes` and `classes` are set by the test.
    """

    sizes = {"train_x": 23, "train_u": 0, "val": 8, "test": 12}
    classes = 3

    def __init__(self, cfg):
        def datum(i):
            label = i % self.classes
            return Datum(f"{cfg.DATASET.ROOT}/{i}.png", label, i % 2, f"class {label}")

        super().__init__(**{part: list(map(datum, range(n))) for part, n in self.sizes.items()})


class Linear(TrainerX):
    """A linear classifier on pixels, registered in two parts with an optimiser each."""

    def build_model(self):
        pixels = 3 * self.cfg.INPUT.SIZE[0] * self.cfg.INPUT.SIZE[1]
        self.first, self.second = nn.Linear(pixels, 8), nn.Linear(8, self.num_classes)
        self.model = nn.Sequential(nn.Flatten(), self.first, nn.Dropout(0.2), self.second)
        for name, part in (("first", self.first), ("second", self.second)):
            optim = build_optimizer(part, self.cfg.OPTIM)
            self.register_model(name, part, optim, build_lr_scheduler(optim, self.cfg.OPTIM))

    def set_model_mode(self, mode="train", names=None):
        super().set_model_mode(mode, names)
        self.model.train(mode == "train")

    def forward_backward(self, batch):
        image, label, _ = self.parse_batch_train(batch)
        logits = self.model(image)
        loss = F.cross_entropy(logits, label)
        self.model_backward_and_update(loss)
        if self.batch_idx + 1 == self.num_batches:
            self.update_lr()
        return {"loss": loss.item(), "acc": compute_accuracy(logits, label)[0].item()}


class LinearXU(TrainerXU, Linear):
    """The same with unlabelled batches, which it counts."""

    steps = 0

    def run_epoch(self):
        TrainerXU.run_epoch(self)

    def parse_batch_train(self, batch):
        return TrainerX.parse_batch_train(self, batch)

    def forward_backward(self, batch_x, batch_u):
        self.steps += 1
        self.unlabelled_shape = batch_u["img"].shape
        return super().forward_backward(batch_x)


@pytest.fixture(autouse=True)
def registered():
    """The parts above under their names, in these tests only."""
    added = ((DATASET_REGISTRY, Synth), (TRAINER_REGISTRY, Linear), (TRAINER_REGISTRY, LinearXU))
    for registry, part in added:
        registry.register(part)
    yield
    for registry, part in added:
        registry._obj_map.pop(part.__name__)


@pytest.fixture
def synth(monkeypatch):
    """Set the sizes and the number of classes of the dataset for one test."""

    def change(classes=3, **sizes):
        monkeypatch.setattr(Synth, "classes", classes)
        monkeypatch.setattr(Synth, "sizes", {**Synth.sizes, **sizes})

    return change


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with 24 pictures of different colours."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = torch.Generator().manual_seed(0)
    for i in range(24):
        pixels = torch.randint(0, 256, (40, 48, 3), dtype=torch.uint8, generator=generator)
        Image.fromarray(pixels.numpy()).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def cfg(pictures, tmp_path):
    """A config as CoOp's, tiny, without workers."""
    cfg = get_cfg_default()
    cfg.OUTPUT_DIR = str(tmp_path / "out")
    cfg.TRAINER.NAME = "Linear"
    cfg.DATASET.NAME = "Synth"
    cfg.DATASET.ROOT = str(pictures)
    cfg.INPUT.SIZE = (32, 32)
    cfg.INPUT.INTERPOLATION = "bicubic"
    cfg.INPUT.TRANSFORMS = ("random_resized_crop", "random_flip", "normalize")
    cfg.INPUT.PIXEL_MEAN = CLIP_MEAN
    cfg.INPUT.PIXEL_STD = CLIP_STD
    cfg.DATALOADER.NUM_WORKERS = 0
    cfg.DATALOADER.TRAIN_X.BATCH_SIZE = 4
    cfg.DATALOADER.TEST.BATCH_SIZE = 5
    cfg.OPTIM.NAME = "sgd"
    cfg.OPTIM.LR = 0.002
    cfg.OPTIM.LR_SCHEDULER = "cosine"
    cfg.OPTIM.MAX_EPOCH = 4
    cfg.OPTIM.WARMUP_EPOCH = 1
    cfg.OPTIM.WARMUP_TYPE = "constant"
    return cfg
