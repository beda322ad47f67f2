"""What can go wrong inside a run, said in one line: when, on which pictures, what now."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from yacs.config import CfgNode

from rada.classifier import NotFinite

SHOWN = 3  # pictures that a message names


@contextmanager
def step_errors(trainer, batch: dict) -> Iterator[None]:
    """Errors inside that a user can mend say at which step, on which pictures, and what to do.

    Raises:
        FloatingPointError: for a loss or gradient that is not finite.
        ValueError: for a batch that does not fit into memory.
    """
    try:
        with in_training(trainer, batch):
            yield
    except FloatingPointError as error:
        raise FloatingPointError(
            f"{str(error).rstrip('!')} {place(trainer)}, on {pictures(batch)}; {advice(trainer)}"
        ) from error
    except NotFinite as error:
        raise FloatingPointError(f"{error} {place(trainer)}; {advice(trainer)}") from error


def pictures(batch: dict) -> str:
    """The first pictures of a batch, and how many more it has."""
    paths = batch["impath"]
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def place(trainer) -> str:
    """Where in the training a trainer is."""
    step = f"batch {trainer.batch_idx + 1} of {trainer.num_batches}"
    return f"at epoch {trainer.epoch + 1}, {step}"


def advice(trainer) -> str:
    """What to do about numbers that are not finite, and where the last checkpoint is."""
    clip = "" if trainer.cfg.TRAIN.CLIP_NORM else "set TRAIN.CLIP_NORM, "
    kept = trainer.loop.resume_checkpoint
    good = f"; the last good checkpoint is {kept.path}" if kept and kept.path.exists() else ""
    return f"lower OPTIM.LR, {clip}or set PREC fp32{good}"


@contextmanager
def worker_errors(trainer) -> Iterator[None]:
    """The death of a loader's worker becomes one line.

    Raises:
        OSError: saying what to do.
    """
    try:
        yield
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else ""
        if "DataLoader worker" in reason:
            raise OSError(
                f"a process that loads pictures has died ({reason}), perhaps for lack of memory; "
                f"lower DATALOADER.NUM_WORKERS (now {trainer.cfg.DATALOADER.NUM_WORKERS}); the "
                "same command goes on from the last checkpoint"
            ) from error
        raise


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
def memory_errors(where: str, advice: str) -> Iterator[None]:
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
    """`memory_errors` of a training step."""
    train, pictures = trainer.cfg.TRAIN, len(batch["label"])
    size = trainer.cfg.DATALOADER.TRAIN_X.BATCH_SIZE
    ways = [f"lower DATALOADER.TRAIN_X.BATCH_SIZE (now {size})"] if size > 1 else []
    if pictures > train.ACCUMULATE and trainer.batch_divides:
        ways.append(f"raise TRAIN.ACCUMULATE (now {train.ACCUMULATE})")
    if not train.ACTIVATION_CHECKPOINTING:
        ways.append("set TRAIN.ACTIVATION_CHECKPOINTING True")
    where = f"in a training step of {sizes(trainer, pictures)}"
    return memory_errors(where, listed(trainer, ways))


def in_testing(trainer, batch: dict, option: str):
    """`memory_errors` of a test step.

    Args:
        trainer: that tests.
        batch: of pictures.
        option: the config key that says how many pictures a step takes.
    """
    pictures, node = len(batch["label"]), trainer.cfg
    for part in option.split("."):
        node = node[part]
    ways = [f"lower {option} (now {node})"] if node > 1 else []
    return memory_errors(f"in a test step of {sizes(trainer, pictures)}", listed(trainer, ways))


def anywhere(cfg: CfgNode):
    """`memory_errors` of what is neither: reading pictures, building, class features."""
    advice = f"take {fewer_classes(cfg)}, a smaller --backbone"
    workers = cfg.DATALOADER.NUM_WORKERS
    lower = f", or lower DATALOADER.NUM_WORKERS (now {workers})" if workers else ""
    where = f"with {cfg.TRAINER.NAME} on {cfg.MODEL.BACKBONE.NAME}, outside of a step"
    return memory_errors(where, advice + lower)


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
