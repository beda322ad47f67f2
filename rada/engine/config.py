"""From a command line to a frozen config: defaults, files, arguments, KEY VALUE options."""

import argparse
import os

import yaml
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.data.datasets import DATASET_REGISTRY
from dassl.engine import TRAINER_REGISTRY
from rada import config_files
from rada.data import registry as datasets_registry
from rada.engine import registry as trainers_registry
from rada.engine.checkpoints import flatten
from rada.files import did_you_mean
from rada.rehearsal.config import rehearse_if_asked

# which argument sets which key; CoOp's reset_cfg does the same
ARGUMENTS = {
    "root": "DATASET.ROOT",
    "output_dir": "OUTPUT_DIR",
    "resume": "RESUME",
    "source_domains": "DATASET.SOURCE_DOMAINS",
    "target_domains": "DATASET.TARGET_DOMAINS",
    "transforms": "INPUT.TRANSFORMS",
    "trainer": "TRAINER.NAME",
    "backbone": "MODEL.BACKBONE.NAME",
    "head": "MODEL.HEAD.NAME",
}


def setup_cfg(args: argparse.Namespace) -> CfgNode:
    """The run's config: defaults, dataset file, trainer file, arguments, KEY VALUE options.

    With REHEARSE=1 in the environment it is that of a rehearsal, whose pictures are made here.

    Raises:
        ValueError: for an unknown trainer, dataset or key (with the nearest name), or a bad value.
        FileNotFoundError: if a config file does not exist.
    """
    datasets_registry.register_all()
    trainers_registry.register_all()
    cfg = get_cfg_default()
    cfg.DATASET.SUBSAMPLE_CLASSES = "all"  # all, base or new
    cfg.DATASET.CHECK_PICTURES = True  # decode every picture once before it is used
    cfg.DATASET.TRAINED_NAMES = False  # ObjectNet: ImageNet's class names, joined
    cfg.DATASET.EVAL_ONLY = args.eval_only  # training pictures are not used
    files = [file for file in (args.dataset_config_file, args.config_file) if file]
    for kind, node, registry in (
        ("trainer", "TRAINER", TRAINER_REGISTRY),
        ("dataset", "DATASET", DATASET_REGISTRY),
    ):
        name = chosen_name(node, args, files)
        require_known(kind, name, registry.registered_names())
        getattr(registry.get(name), "extend_cfg", lambda cfg: None)(cfg)
    for file in files:
        _merge(cfg, cfg.merge_from_file, require_file(file), file)
    for argument, key in ARGUMENTS.items():
        if (value := getattr(args, argument)) and (argument, value) != ("resume", "auto"):
            node, leaf = _leaf(cfg, key)
            node[leaf] = value
    if args.seed > 0:
        cfg.SEED = args.seed
    _merge(cfg, cfg.merge_from_list, args.opts, "the command line")
    rehearse_if_asked(cfg)
    cfg.freeze()
    return cfg


def chosen_name(node: str, args: argparse.Namespace, files: list[str]) -> str:
    """NAME of the node as KEY VALUE option, argument or in a config file, in this order."""
    pairs = dict(zip(args.opts[::2], args.opts[1::2], strict=False))
    names = [pairs.get(f"{node}.NAME"), getattr(args, node.lower(), "")]
    for file in reversed(files):
        with open(require_file(file)) as stream:
            names.append(((yaml.safe_load(stream) or {}).get(node) or {}).get("NAME"))
    return next(filter(None, names), "")


def require_known(kind: str, name: str, known: list[str]) -> None:
    """Raise ValueError, suggesting the nearest name, if name is not known."""
    if name not in known:
        raise ValueError(
            f'unknown {kind} "{name}"{did_you_mean(name, known)}; known: {", ".join(sorted(known))}'
        )


def require_file(path: str) -> str:
    """Return path if it is a file; else raise FileNotFoundError with the nearest file beside it."""
    path = config_files.found(path)
    if os.path.isfile(path):
        return path
    folder = os.path.dirname(path)
    beside = os.listdir(folder) if os.path.isdir(folder) else []
    paths = [os.path.join(folder, name) for name in beside]
    raise FileNotFoundError(f"config file {path} not found{did_you_mean(path, paths)}")


def print_args(args: argparse.Namespace, cfg: CfgNode) -> None:
    """The head of Dassl's log: arguments and config."""
    print("***************\n** Arguments **\n***************")
    for key in sorted(vars(args)):
        print(f"{key}: {vars(args)[key]}")
    print(f"************\n** Config **\n************\n{cfg}")


def _leaf(cfg: CfgNode, key: str) -> tuple[CfgNode, str]:
    *path, leaf = key.split(".")
    for part in path:
        cfg = cfg[part]
    return cfg, leaf


def _merge(cfg: CfgNode, merge, source, where: str) -> None:
    try:
        merge(source)
    except (KeyError, AssertionError, ValueError, AttributeError, yaml.YAMLError) as error:
        message = str(error.args[0] if error.args else error).replace("\n", " ")
        if "existent" in message:  # yacs: "Non-existent config key: X", "Non-existent key: X"
            key = message.split(": ")[-1]
            message = f"unknown config key {key}{did_you_mean(key, flatten(cfg))}"
        raise ValueError(f"{where}: {message}") from error
