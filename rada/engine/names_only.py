"""A trainer over class names alone: without pictures, weights from disk, or output.

For what needs a method's model and its training step, but no run: counting what is learned,
benchmarks, loops of one's own.
"""

import contextlib
import io
from collections.abc import Sequence

from yacs.config import CfgNode

from dassl.data.datasets import DATASET_REGISTRY, DatasetBase
from rada.backbones.backbone import Backbone
from rada.backbones.loading import lent
from rada.data.pictures import Picture
from rada.engine.trainer import CLIPTrainer


@DATASET_REGISTRY.register()
class NamesOnly(DatasetBase):
    """An item for each of DATASET.CLASSNAMES, whose picture is nowhere."""

    def __init__(self, cfg: CfgNode):
        names = cfg.DATASET.CLASSNAMES
        items = [Picture(f"no picture {k}", k, name) for k, name in enumerate(names)]
        super().__init__(train_x=items, test=items)


def trainer_of_names(
    cls: type[CLIPTrainer], cfg: CfgNode, backbone: Backbone, classnames: Sequence[str]
) -> CLIPTrainer:
    """A trainer as its constructor makes it: model, optimisers, schedules.

    Args:
        cls: of the trainer.
        cfg: of a run, extended by `cls.extend_cfg`.
        backbone: of the model, which it becomes part of; its device is the trainer's.
        classnames: of K classes, all different.

    Raises:
        ValueError: if the trainer does not fit the settings or the backbone.
    """
    cfg = cfg.clone()
    cfg.defrost()
    cfg.TRAINER.NAME, cfg.VERBOSE = cls.__name__, False
    cfg.DATASET.NAME, cfg.DATASET.CLASSNAMES = NamesOnly.__name__, tuple(classnames)
    cfg.DATALOADER.NUM_WORKERS, cfg.TEST.FINAL_MODEL = 0, "last_step"
    cfg.INPUT.NO_TRANSFORM = True
    cfg.INPUT.SIZE = (backbone.image_size, backbone.image_size)
    cfg.USE_CUDA = backbone.model.text_projection.is_cuda
    name = cfg.MODEL.BACKBONE.NAME
    with lent(name, backbone), contextlib.redirect_stdout(io.StringIO()):
        return cls(cfg)
