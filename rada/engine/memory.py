"""Running out of memory, said in one line: where, with how many pictures and classes, what now."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from yacs.config import CfgNode

# how allocators say it that have no exception of their own: PyTorch's on a CPU, C++'s, cuBLAS's
SIGNS = ("can't allocate memory", "Cannot allocate memory", "bad_alloc", "ALLOC_FAILED")
SIGNS += ("CUDA error: out of memory",)


def is_shortage(error: BaseException) -> bool:
    """Whether an error means that there was no memory left, of the machine or its GPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)


@contextmanager
def named_shortage(where: str, advice: str) -> Iterator[None]:
    """Running out of memory inside becomes one line.

    Args:
        where: such as "in a training step of B = 32 pictures and K = 1,000 classes".
        advice: what needs less, such as "lower --batch".

    Raises:
        ValueError: saying both.
    """
    try:
        yield
    except (RuntimeError, MemoryError, OSError) as error:
        if is_shortage(error):
            raise ValueError(f"out of memory {where}; {advice}") from error
        raise


def in_training(trainer, batch: dict):
    """`named_shortage` of a training step."""
    train, pictures = trainer.cfg.TRAIN, len(batch["label"])
    size = trainer.cfg.DATALOADER.TRAIN_X.BATCH_SIZE
    ways = [f"lower DATALOADER.TRAIN_X.BATCH_SIZE (now {size})"] if size > 1 else []
    if pictures > train.ACCUMULATE and trainer.batch_divides:
        ways.append(f"raise TRAIN.ACCUMULATE (now {train.ACCUMULATE})")
    if not train.ACTIVATION_CHECKPOINTING:
        ways.append("set TRAIN.ACTIVATION_CHECKPOINTING True")
    where = f"in a training step of {sizes(trainer, pictures)}"
    return named_shortage(where, listed(trainer, ways))


def in_testing(trainer, batch: dict, option: str):
    """`named_shortage` of a test step.

    Args:
        trainer: that tests.
        batch: of pictures.
        option: the config key that says how many pictures a step takes.
    """
    pictures, node = len(batch["label"]), trainer.cfg
    for part in option.split("."):
        node = node[part]
    ways = [f"lower {option} (now {node})"] if node > 1 else []
    return named_shortage(f"in a test step of {sizes(trainer, pictures)}", listed(trainer, ways))


def anywhere(cfg: CfgNode):
    """`named_shortage` of what is neither: reading pictures, building, class features."""
    advice = f"take {fewer_classes(cfg)}, a smaller --backbone"
    workers = cfg.DATALOADER.NUM_WORKERS
    lower = f", or lower DATALOADER.NUM_WORKERS (now {workers})" if workers else ""
    where = f"with {cfg.TRAINER.NAME} on {cfg.MODEL.BACKBONE.NAME}, outside of a step"
    return named_shortage(where, advice + lower)


def sizes(trainer, pictures: int) -> str:
    """B and K."""
    classes = len(trainer.dm.dataset.classnames)
    return f"B = {pictures:,} pictures and K = {classes:,} classes"


def listed(trainer, ways: list[str]) -> str:
    """What needs less memory, the classes last."""
    return ", ".join([*ways, f"or take {fewer_classes(trainer.cfg)}"]).removeprefix("or ")


def fewer_classes(cfg: CfgNode) -> str:
    """How to have fewer classes."""
    now = cfg.DATASET.get("SUBSAMPLE_CLASSES", "all")  # a key of CoOp's, not of Dassl's
    return f"fewer classes (DATASET.SUBSAMPLE_CLASSES, now {now})"
