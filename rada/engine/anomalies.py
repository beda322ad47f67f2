"""What can go wrong inside a training step, said in one line: when, on which pictures, what now."""

from collections.abc import Iterator
from contextlib import contextmanager

from rada.classifier import NotFinite
from rada.engine.memory import in_training

SHOWN = 3  # pictures that a message names


@contextmanager
def named_anomaly(trainer, batch: dict) -> Iterator[None]:
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
    running = trainer.running
    kept = running is not None and running.path.exists()
    good = f"; the last good checkpoint is {running.path}" if kept else ""
    return f"lower OPTIM.LR, {clip}or set PREC fp32{good}"


@contextmanager
def named_death(trainer) -> Iterator[None]:
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
