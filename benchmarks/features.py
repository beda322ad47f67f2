"""RAda trained on image features that are made once, beside encoding pictures in every epoch.

`python benchmarks/features.py [--pictures 64 --classes 50 --batch 32 --json FILE]`
ViT-B/16 with random weights, generated JPEGs, float32, RAda's published settings. Both sides are
epochs of the trainer itself, from loader to optimiser, and take turns; the least time of each
counts. Building is the first opening of the features, opening any other one: it reads the key's
weights and pictures, and checks every shard.
"""

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rada.toolbox import use_dassl

use_dassl()

from benchmarks.loading_pictures import write_pictures
from benchmarks.report import MB, Options, common, numbers, publish, require, tell
from benchmarks.turns import timed
from dassl.data.datasets import DATASET_REGISTRY, DatasetBase, Datum
from rada import listing
from rada.backbones.backbone import Backbone
from rada.backbones.loading import lent
from rada.engine.registry import registered
from rada.engine.trainer import CLIPTrainer
from rada.listing import published_settings

EPOCHS = 5  # on features, for each one on pictures


def main(arguments: list[str] | None = None) -> int:
    """Measure all numbers of classes, print the table, write the JSON; returns the exit code."""
    options = parse(arguments)
    return publish(options, rows(options), digits=2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = common(Options(description=__doc__.splitlines()[0]))
    parser.add_argument("--trainer", default="RAda", help="one that can train on features")
    parser.add_argument("--classes", type=numbers, default=[50], help="with commas")
    parser.add_argument("--pictures", type=int, default=64, help="of an epoch")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--views", type=int, default=1, help="FEATURES.AUGMENTATIONS")
    parser.add_argument("--backbone", default="ViT-B/16")
    parser.add_argument("--repeats", type=int, default=3, help="turns, after one to warm up")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[dict]:
    """All rows; raises ValueError for an unknown trainer, backbone or device, or a bad number."""
    require(options, "pictures", "batch", "views", "repeats")
    if options.trainer not in registered():
        raise ValueError(f'unknown trainer "{options.trainer}"')
    if registered()[options.trainer].learned is CLIPTrainer.learned:
        raise ValueError(f"{options.trainer} learns nothing, so it has no epochs to time")
    backbone = listing.named_backbone(options.backbone).to(options.device)
    for num_classes in options.classes:
        tell(f"K={num_classes}")
        with tempfile.TemporaryDirectory() as folder:
            yield measure(Side(Path(folder), backbone, num_classes, options), options)


class Side:
    """Makes trainers over the same pictures and the same backbone."""

    def __init__(
        self, folder: Path, backbone: Backbone, num_classes: int, options: argparse.Namespace
    ):
        self.features, self.backbone = folder / "features", backbone
        self.num_classes, self.options = num_classes, options
        paths = write_pictures(folder, options.pictures)

        class Generated(DatasetBase):
            def __init__(self, cfg):
                labels = [index % num_classes for index in range(len(paths))]
                items = [
                    Datum(path, label, classname=f"class {label}")
                    for path, label in zip(paths, labels, strict=True)
                ]
                super().__init__(train_x=items, test=items)

        DATASET_REGISTRY.register(Generated, force=True)

    def trainer(self, cached: bool) -> CLIPTrainer:
        """One that is ready for `run_epoch`, on features or on pictures."""
        cls = registered()[self.options.trainer]
        cfg = published_settings(cls, self.backbone)
        cfg.TRAINER.NAME, cfg.OPTIM.MAX_EPOCH = self.options.trainer, 1
        cfg.DATASET.NAME, cfg.VERBOSE, cfg.DATALOADER.NUM_WORKERS = "Generated", False, 0
        cfg.INPUT.SIZE = (self.backbone.image_size,) * 2
        cfg.DATALOADER.TRAIN_X.BATCH_SIZE = self.options.batch
        cfg.DATALOADER.TEST.BATCH_SIZE = self.options.batch
        cfg.FEATURES.CACHE, cfg.FEATURES.FOLDER = cached, str(self.features)
        cfg.FEATURES.AUGMENTATIONS = self.options.views
        cfg.USE_CUDA = self.options.device == "cuda"
        with lent(cfg.MODEL.BACKBONE.NAME, self.backbone):
            trainer = cls(cfg)
        if cached and not trainer.features.active:
            raise ValueError(f"{self.options.trainer} {trainer.features.why_not()}")
        return trainer


def measure(side: Side, options: argparse.Namespace) -> dict:
    """One row of the table."""
    with quiet():
        pictures, features = side.trainer(cached=False), side.trainer(cached=True)
        building = timed(features.train_loader_x.dataset.open)
        opening = min(
            timed(side.trainer(cached=True).train_loader_x.dataset.open)
            for _ in range(options.repeats)
        )
        turns = [turn(pictures, features) for _ in range(options.repeats + 1)][1:]
    seen = len(pictures.train_loader_x) * min(options.batch, options.pictures)
    anew, once = (1000 * min(times) / seen for times in zip(*turns, strict=True))
    size = sum(file.stat().st_size for file in side.features.rglob("*.safetensors"))
    row = {"trainer": options.trainer, "K": side.num_classes, "B": options.batch}
    row |= {"pictures ms": anew, "features ms": once, "times faster": anew / once}
    return row | {"building s": building, "opening s": opening, "MB": size / MB}


def turn(pictures: CLIPTrainer, features: CLIPTrainer) -> tuple[float, float]:
    """Seconds of an epoch on pictures, and the least of some on features."""
    return timed(pictures.run_epoch), min(timed(features.run_epoch) for _ in range(EPOCHS))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Inside, nothing is printed: trainers tell of every step."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


if __name__ == "__main__":
    sys.exit(main())
