"""What can go wrong inside a training step, said in one line: when, on which pictures, what now."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.distributed import DistError

from trainers import processes

SHOWN = 3  # pictures that a message names


@contextmanager
def named_anomaly(trainer, batch: dict) -> Iterator[None]:
    """Errors inside that a user can mend say at which step, on which pictures, and what to do.

    Raises:
        FloatingPointError: for a loss or gradient that is not finite.
        ValueError: for a batch that does not fit into the GPU's memory.
    """
    try:
        yield
    except FloatingPointError as error:
        raise FloatingPointError(
            f"{str(error).rstrip('!')} at epoch {trainer.epoch + 1}, batch {trainer.batch_idx + 1} "
            f"of {trainer.num_batches}, on {pictures(batch)}; lower OPTIM.LR, set TRAIN.CLIP_NORM "
            f"or PREC fp32{last_good(trainer)}"
        ) from error
    except torch.cuda.OutOfMemoryError as error:
        raise ValueError(
            f"a batch of {len(batch['label'])} pictures does not fit into the GPU's memory; raise "
            "TRAIN.ACCUMULATE (now "
            f"{trainer.cfg.TRAIN.ACCUMULATE}) or set TRAIN.ACTIVATION_CHECKPOINTING True"
        ) from error


def pictures(batch: dict) -> str:
    """The first pictures of a batch, and how many more it has."""
    paths = batch["impath"]
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def last_good(trainer) -> str:
    """Where the last checkpoint of the run is, if it has one."""
    running = trainer.running
    return (
        f"; the last good checkpoint is {running.path}" if running and running.path.exists() else ""
    )


@contextmanager
def named_death(trainer) -> Iterator[None]:
    """The death of a loader's worker, or of another process of the run, becomes one line.

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
        if processes.count() > 1 and (isinstance(error, DistError) or "gloo" in reason.lower()):
            raise OSError(
                f"another process of this run has died ({reason}); its own message says why; the "
                "same command goes on from the last checkpoint"
            ) from error
        raise
