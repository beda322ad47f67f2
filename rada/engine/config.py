"""From a command line to a frozen config: defaults, files, arguments, KEY VALUE options."""

import argparse
from pathlib import Path

import yaml
from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.data.datasets import DATASET_REGISTRY
from dassl.engine import TRAINER_REGISTRY
from rada import config_files
from rada.backbones.loading import image_input
from rada.data import registry as datasets_registry
from rada.engine import registry as trainers_registry
from rada.engine.checkpoints import flatten
from rada.engine.trainer import CLIPTrainer
from rada.files import did_you_mean
from rada.rehearsal.config import rehearse_if_asked
from rada.settings import DATASET

BACKBONE = "ViT-B/16"  # unless something else is asked for
AUGMENTATION = ("random_resized_crop", "random_flip", "normalize")  # CoOp's
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
    cfg.DATASET.update(DATASET)
    cfg.DATASET.EVAL_ONLY = args.eval_only
    dataset = args.dataset_config_file
    files = [config_files.require_file(dataset)] if dataset else []
    files += config_files.layers(args.config_file) if args.config_file else []
    for kind, node, registry in (
        ("trainer", "TRAINER", TRAINER_REGISTRY),
        ("dataset", "DATASET", DATASET_REGISTRY),
    ):
        name = chosen_name(node, args, files)
        require_known(kind, name, registry.registered_names())
        getattr(registry.get(name), "extend_cfg", lambda cfg: None)(cfg)
    trainer = TRAINER_REGISTRY.get(chosen_name("TRAINER", args, files))
    if issubclass(trainer, CLIPTrainer):
        follow_backbone(cfg, chosen_name("MODEL.BACKBONE", args, files) or BACKBONE)
    for file in files:
        merge_file(cfg, file, getattr(trainer, "section", ""))
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
    names = [pairs.get(f"{node}.NAME"), getattr(args, node.lower().rpartition(".")[2], "")]
    for file in reversed(files):
        with open(file) as stream:
            content = yaml.safe_load(stream) or {}
        for part in node.split("."):
            content = content.get(part) or {}
        names.append(content.get("NAME"))
    return next(filter(None, names), "")


def merge_file(cfg: CfgNode, file: str, section: str) -> None:
    """Merge a YAML file; a baseline's own node counts as that of its RAda version.

    Raises:
        ValueError: naming the file, for a key that does not exist or a value of another type.
    """
    folder, theirs = Path(file).parent, section
    if folder.parent.name == "trainers" and folder.name in TRAINER_REGISTRY.registered_names():
        theirs = getattr(TRAINER_REGISTRY.get(folder.name), "section", section)

    def merge(path: str) -> None:
        with open(path, encoding="utf-8") as stream:
            node = CfgNode.load_cfg(stream)
        if theirs != section and theirs in node.get("TRAINER", {}):
            node.TRAINER[section] = node.TRAINER.pop(theirs)
        cfg.merge_from_other_cfg(node)

    _merge(cfg, merge, file, file)


def follow_backbone(cfg: CfgNode, name: str) -> None:
    """Let the pictures be as a backbone saw them, unless a file or an option says otherwise."""
    cfg.MODEL.BACKBONE.NAME = name
    seen = image_input(name)
    cfg.INPUT.SIZE = (seen.size, seen.size)
    cfg.INPUT.INTERPOLATION = seen.interpolation
    cfg.INPUT.PIXEL_MEAN, cfg.INPUT.PIXEL_STD = list(seen.mean), list(seen.std)
    cfg.INPUT.TRANSFORMS = AUGMENTATION


def require_known(kind: str, name: str, known: list[str]) -> None:
    """Raise ValueError, suggesting the nearest name, if name is not known."""
    if name not in known:
        files = trainers_registry.left_out if kind == "trainer" else {}
        why = "".join(f"; {file} is left out ({error})" for file, error in files.items())
        raise ValueError(
            f'unknown {kind} "{name}"{did_you_mean(name, known)}; '
            f"known: {', '.join(sorted(known))}{why}"
        )


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
