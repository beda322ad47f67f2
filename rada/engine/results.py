"""results.json: what a finished run leaves for the tables. Written last, in one piece."""

import datetime
import platform
from pathlib import Path

import torch
from yacs.config import CfgNode

from rada.engine.trainer import CLIPTrainer
from rada.files import write_json


def plain(node: CfgNode) -> dict:
    """A config node as nested dicts of JSON types."""
    return {k: plain(v) if isinstance(v, CfgNode) else v for k, v in node.items()}


def machine(device: torch.device) -> dict:
    """Versions and the device, for results.json."""
    import torchvision

    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
    }
    cuda = device.type == "cuda"
    return {
        "versions": versions,
        "device": torch.cuda.get_device_name() if cuda else platform.machine(),
    }


def write_results(trainer: CLIPTrainer, run: dict) -> Path:
    """Write <output>/results.json; a run counts as finished once it exists.

    Args:
        trainer: trained or loaded, and tested.
        run: what only the caller knows: dataset, setting, seconds, opts, toolbox, wise_ft.

    Returns:
        The path of the file.
    """
    cfg = trainer.cfg
    results = {
        "trainer": cfg.TRAINER.NAME,
        "seed": cfg.SEED,
        "shots": cfg.DATASET.NUM_SHOTS,
        "classes": cfg.DATASET.SUBSAMPLE_CLASSES,
        "backbone": cfg.MODEL.BACKBONE.NAME,
        "metrics": trainer.test_metrics(),
        "learned_parameters": trainer.learned_parameters,
        "learned_bytes": trainer.learned_bytes,
        "checkpoint_bytes": trainer.checkpoints.sizes(),
        "rehearsal": "REHEARSAL" in cfg,  # True: the numbers mean nothing
        **machine(trainer.device),
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "cfg": plain(cfg),
        **run,
    }
    path = Path(cfg.OUTPUT_DIR) / "results.json"
    write_json(results, path, indent=1)
    return path
