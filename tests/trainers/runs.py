"""Command lines of train.py for the tiny Caltech101."""

from rada.config_files import trainer_stems
from rada.engine import registry as trainers_registry
from rada.engine.trainer import CLIPTrainer

OPTIONS = (
    *("DATASET.NUM_SHOTS", "4", "INPUT.SIZE", "(32,32)", "DATALOADER.NUM_WORKERS", "0"),
    *("DATALOADER.TRAIN_X.BATCH_SIZE", "4"),
)


def shallow(trainer: str) -> list[str]:
    """Options for the two blocks of the golden tiny CLIP."""
    cls = trainers_registry.registered().get(trainer, CLIPTrainer)
    keys = (f"TRAINER.{cls.section}.{key}" for key in cls.counts_blocks)
    return [word for key in keys for word in (key, "2")]


def classes_option(classes: str) -> tuple[str, str]:
    """Base, new or all classes."""
    return "DATASET.SUBSAMPLE_CLASSES", classes


def config_of(trainer: str) -> str:
    """The published one, or the only one of a trainer that has another."""
    stems = trainer_stems(trainer)
    return "vit_b16_ctxv1" if "vit_b16_ctxv1" in stems or not stems else stems[0]


def command_line(root, backbone: str, trainer: str, output) -> list[str]:
    """Arguments of train.py, without KEY VALUE options, for the tiny Caltech101."""
    return [
        *("--root", str(root), "--output-dir", str(output), "--seed", "1"),
        *("--trainer", trainer, "--backbone", backbone),
        *("--dataset-config-file", "configs/datasets/caltech101.yaml"),
        *("--config-file", f"configs/trainers/{trainer}/{config_of(trainer)}.yaml"),
    ]


STEPS = ("OPTIM.MAX_EPOCH", "2", "TRAIN.SAVE_STEPS", "1", "TEST.FINAL_MODEL", "last_step")
