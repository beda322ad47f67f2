"""REHEARSE=1: the whole command on stand-in pictures with the embedded tiny CLIP, in a minute.

What costs time or a download is exchanged (`rehearse`); everything else is the real thing: the
dataset's layout, reader and class names, the trainer, its files. The numbers mean nothing, and
every output says so.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import torch
from yacs.config import CfgNode

from dassl.data.datasets import DATASET_REGISTRY
from dassl.engine import TRAINER_REGISTRY
from rada.backbones.weights import TINY_CLIP
from rada.datasets.shapes import RenderedDataset
from rada.rehearsal import REHEARSAL, STAMP, asked
from rada.rehearsal.files import NAMES
from rada.rehearsal.tree import build_tree

ROOT = "output/rehearsal/data"
PICTURES = 20  # training pictures a class, more for more shots
MOST_CLASSES = 102  # flowers, food and actions stay whole
EPOCHS = 2
MOST_EPOCHS = {"MAX_EPOCH": EPOCHS, "WARMUP_EPOCH": EPOCHS - 1, "PROBE_EPOCHS": EPOCHS}
SIDE = 32  # of the tiny CLIP's pictures, pixels
BLOCKS = 2  # of its text encoder; the image encoder has one more
BATCH = 16  # smaller batches are made this large
WORKERS = 2


def rehearse_if_asked(cfg: CfgNode) -> None:
    """Turn a complete, unfrozen config into that of a rehearsal if REHEARSE is 1.

    Builds the stand-in pictures below REHEARSE_ROOT (output/rehearsal/data) and sets
    cfg.REHEARSAL to the lines to print; without a rehearsal there is no such key.

    Raises:
        ValueError: for another value of REHEARSE, a dataset without stand-in, and wherever a
            rehearsal and a real run would touch each other's files.
        OSError: if the pictures cannot be written.
    """
    if not asked():
        require_real_pictures(cfg)
    else:
        pictures = exchange_pictures(cfg)
        cfg.REHEARSAL = [REHEARSAL, f"REHEARSAL: {pictures}"]
        cfg.REHEARSAL += [f"REHEARSAL: {change}" for change in exchange_settings(cfg)]
    require_same_kind(cfg)


def banner(cfg: CfgNode) -> None:
    """Print that this is a rehearsal and what was exchanged, if it is one."""
    if "REHEARSAL" in cfg:
        print("\n".join(cfg.REHEARSAL))


def exchange_pictures(cfg: CfgNode) -> str:
    """Build stand-in pictures and set DATASET.ROOT; embedded sets draw their own.

    Returns:
        What they are, in a line.
    """
    cls = DATASET_REGISTRY.get(cfg.DATASET.NAME)
    if issubclass(cls, RenderedDataset):
        return f"{cls.stem} draws its own pictures"
    stem = getattr(cls, "stem", "")
    if stem not in NAMES:
        raise ValueError(
            f"there are no stand-in pictures for {cfg.DATASET.NAME}; unset REHEARSE, "
            "or rehearse with a benchmark dataset such as caltech101"
        )
    train = max(PICTURES, cfg.DATASET.NUM_SHOTS)
    root = os.environ.get("REHEARSE_ROOT") or ROOT
    # trees of other sizes lie elsewhere: another run may be reading the usual one
    cfg.DATASET.ROOT = root if train == PICTURES else os.path.join(root, f"{train}_a_class")
    return build_tree(stem, cfg.DATASET.ROOT, train=train, most_classes=MOST_CLASSES, size=SIDE)


def exchange_settings(cfg: CfgNode) -> Iterator[str]:
    """Exchange backbone, picture size and all that costs time; yields "KEY old -> new"."""
    yield from _set(cfg.MODEL.BACKBONE, "NAME", TINY_CLIP, "MODEL.BACKBONE.")
    yield from _set(cfg.INPUT, "SIZE", (SIDE, SIDE), "INPUT.")
    workers = min(cfg.DATALOADER.NUM_WORKERS, WORKERS)
    yield from _set(cfg.DATALOADER, "NUM_WORKERS", workers, "DATALOADER.")
    train = cfg.DATALOADER.TRAIN_X
    yield from _set(train, "BATCH_SIZE", max(train.BATCH_SIZE, BATCH), "DATALOADER.TRAIN_X.")
    trainer = TRAINER_REGISTRY.get(cfg.TRAINER.NAME)
    for key in trainer.counts_blocks:
        own = cfg.TRAINER[trainer.section]
        yield from _set(own, key, min(own[key], BLOCKS), f"TRAINER.{trainer.section}.")
    for name, node in _nodes(cfg):
        for key, most in MOST_EPOCHS.items():
            if key in node:
                yield from _set(node, key, min(node[key], most), name)
        if "PREC" in node and not (cfg.USE_CUDA and torch.cuda.is_available()):
            yield from _set(node, "PREC", "fp32", name)


def require_real_pictures(cfg: CfgNode) -> None:
    """Raise ValueError if DATASET.ROOT leads to stand-in pictures."""
    folder = getattr(DATASET_REGISTRY.get(cfg.DATASET.NAME), "dataset_dir", "")
    path = os.path.join(os.path.expanduser(cfg.DATASET.ROOT), folder)
    if os.path.exists(os.path.join(path, STAMP)):
        raise ValueError(
            f"{path} holds stand-in pictures, not the dataset; set DATA (--root) to the real one, "
            "or REHEARSE=1 to rehearse"
        )


def require_same_kind(cfg: CfgNode) -> None:
    """Raise ValueError if a rehearsal would replace results of a real run, or the reverse."""
    path = Path(cfg.OUTPUT_DIR, "results.json")
    try:
        was = bool(json.loads(path.read_text(encoding="utf-8")).get("rehearsal"))
    except (OSError, ValueError, AttributeError):  # no results to protect
        return
    if was != ("REHEARSAL" in cfg):
        kind = "a rehearsal" if was else "a real run"
        raise ValueError(f"{path} is of {kind}; choose another --output-dir (OUTPUT)")


def _nodes(cfg: CfgNode, prefix: str = "") -> Iterator[tuple[str, CfgNode]]:
    for key, node in cfg.items():
        if isinstance(node, CfgNode):
            yield f"{prefix}{key}.", node
            yield from _nodes(node, f"{prefix}{key}.")


def _set(node: CfgNode, key: str, value, prefix: str) -> Iterator[str]:
    old, node[key] = node[key], value
    if old != value:
        yield f"{prefix}{key} {old} -> {value}"
