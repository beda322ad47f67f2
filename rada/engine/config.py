"""From a command line to a frozen config: defaults, files, arguments, KEY VALUE options."""

import argparse
from pathlib import Path

from yacs.config import CfgNode

from dassl.config import get_cfg_default
from dassl.data.datasets import DATASET_REGISTRY
from dassl.engine import TRAINER_REGISTRY
from dassl.utils import Registry
from rada.backbones.loading import image_input
from rada.command_line import Content, chosen_name, given, read_files
from rada.data import registry as datasets_registry
from rada.engine import registry as trainers_registry
from rada.engine.trainer import CLIPTrainer
from rada.files import did_you_mean
from rada.rehearsal.config import rehearse_if_asked
from rada.settings import DATASET, extend
from rada.settings.table import Table, require_together
from rada.settings.toolbox import TOOLBOX
from rada.trainer_names import plain_trainer

BACKBONE = "ViT-B/16"  # unless something else is asked for
AUGMENTATION = ("random_resized_crop", "random_flip", "normalize")  # CoOp's


def setup_cfg(args: argparse.Namespace) -> CfgNode:
    """The run's config: defaults, dataset file, trainer file, arguments, KEY VALUE options.

    With REHEARSE=1 in the environment it is that of a rehearsal, whose pictures are made here.

    Raises:
        ValueError: for an unknown trainer, dataset or key (with the nearest name), or a value that
            its key cannot have.
        FileNotFoundError: if a config file does not exist.
    """
    datasets_registry.register_all()
    trainers_registry.register_all()
    files = read_files(args)
    trainer = chosen_class("trainer", chosen_name("TRAINER", args, files), TRAINER_REGISTRY)
    dataset = chosen_class("dataset", chosen_name("DATASET", args, files), DATASET_REGISTRY)
    cfg, table = defaults_of(trainer, dataset)
    cfg.DATASET.EVAL_ONLY = args.eval_only
    if issubclass(trainer, CLIPTrainer):
        follow_backbone(cfg, chosen_name("MODEL.BACKBONE", args, files) or BACKBONE)
    for path, content in files.items():
        merge(cfg, table, renamed(content, path, trainer))
    merge(cfg, table, given(args))
    require_together(cfg)
    rehearse_if_asked(cfg)
    cfg.freeze()
    return cfg


def defaults_of(trainer: type, dataset: type | None = None) -> tuple[CfgNode, Table]:
    """The config before anything is set, and what each of its keys may be."""
    cfg = get_cfg_default()
    extend(cfg, {"DATASET": DATASET})
    for cls in filter(None, (trainer, dataset)):
        getattr(cls, "extend_cfg", lambda cfg: None)(cfg)
    declared = [getattr(cls, "declared", dict)() for cls in (trainer, dataset)]
    return cfg, Table(cfg, *declared, {"DATASET": DATASET}, TOOLBOX)


def merge(cfg: CfgNode, table: Table, content: Content) -> None:
    """Set keys to values, each checked.

    Raises:
        ValueError: saying where the value stands, for a key that does not exist, or a value that
            it cannot have.
    """
    for key, (value, where) in content.items():
        taken = table.taken(key, value, where)
        if key in table.nodes:
            continue
        *path, leaf = key.split(".")
        node = cfg
        for part in path:
            node = node[part]
        node[leaf] = taken


def chosen_class(kind: str, name: str, registry: Registry) -> type:
    """The class that a name stands for; raises ValueError, suggesting the nearest name."""
    require_known(kind, name, registry.registered_names())
    return registry.get(name)


def renamed(content: Content, path: str, trainer: type) -> Content:
    """A baseline's config for a trainer that builds on it: its own node counts as the trainer's."""
    folder = Path(path).parent
    section, name = getattr(trainer, "section", ""), folder.name
    if folder.parent.name != "trainers" or name not in TRAINER_REGISTRY.registered_names():
        return content
    baseline = TRAINER_REGISTRY.get(name)
    theirs = getattr(baseline, "section", section)
    if theirs == section or name not in (plain_trainer(trainer.__name__), *_bases(trainer)):
        return content
    old, new = f"TRAINER.{theirs}.", f"TRAINER.{section}."
    return {new + key[len(old) :] if key.startswith(old) else key: v for key, v in content.items()}


def _bases(trainer: type) -> list[str]:
    return [cls.__name__ for cls in trainer.__mro__]


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
