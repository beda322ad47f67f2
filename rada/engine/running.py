"""The checkpoint of a run that is under way: everything that going on from a step needs.

`<output>/running.pth.tar` is one file for all modules, replaced as a whole, and removed when the
final checkpoints are written.
"""

import os
import time
from pathlib import Path

import torch

from rada.engine.records import read_checkpoint
from rada.files import replacing

FILE = "running.pth.tar"


class RunningCheckpoint:
    """Saves and restores a trainer between two steps.

    Args:
        trainer: by TRAIN.SAVE_STEPS and TRAIN.SAVE_MINUTES it is saved now and then.
    """

    def __init__(self, trainer):
        self.trainer, train = trainer, trainer.cfg.TRAIN
        self.path = Path(trainer.output_dir, FILE)
        self.steps, self.seconds = train.SAVE_STEPS, 60 * train.SAVE_MINUTES
        self.saved = time.monotonic()

    def save_if_due(self, epoch: int, batch: int, step: int) -> None:
        """Save if so many steps or minutes have gone by.

        Args:
            epoch: that is running, from 0.
            batch: batches of it that are done.
            step: steps of the whole run that are done.
        """
        by_step = self.steps > 0 and step % self.steps == 0
        by_time = self.seconds > 0 and time.monotonic() - self.saved >= self.seconds
        if by_step or by_time:
            self.save(epoch, batch)

    def save(self, epoch: int, batch: int) -> None:
        """Save what the next step, batch `batch` of an epoch, needs.

        Raises:
            FloatingPointError: if a learned tensor is not finite; nothing is then written.
            OSError: if the file cannot be written; the one before is then kept.
        """
        trainer = self.trainer
        require_finite(trainer, self.path)
        state = {
            "epoch": epoch,
            "batch": batch,
            "best_result": float(trainer.best_result),
            "seconds": trainer.seconds_before + time.time() - trainer.time_start,
            "scaler": trainer.scaler.state_dict(),
            "record": trainer.record(),
            "models": {n: m.state_dict() for n, m in trainer._models.items()},
            "optims": {n: o.state_dict() for n, o in trainer._optims.items() if o},
            "scheds": {n: s.state_dict() for n, s in trainer._scheds.items() if s},
        }
        os.makedirs(self.path.parent, exist_ok=True)
        with replacing(self.path) as file:
            torch.save(state, file)
        self.saved = time.monotonic()

    def restore(self, directory: str) -> tuple[int, int]:
        """Put the trainer into the state saved in a folder.

        Returns:
            The epoch to go on in, from 0, and how many batches of it are done.

        Raises:
            ValueError: if the file is damaged, or of another run.
        """
        path = os.path.join(directory, FILE)
        trainer, state = self.trainer, read_checkpoint(path)
        trainer.require_own(state["record"], path)
        for name, module in trainer._models.items():
            module.load_state_dict(state["models"][name])
        for name, optim in state["optims"].items():
            trainer._optims[name].load_state_dict(optim)
        for name, sched in state["scheds"].items():
            trainer._scheds[name].load_state_dict(sched)
        if state["scaler"]:
            trainer.scaler.load_state_dict(state["scaler"])
        trainer.best_result, trainer.seconds_before = state["best_result"], state["seconds"]
        return state["epoch"], state["batch"]

    def remove(self) -> None:
        """Remove the file: the run has its final checkpoints."""
        self.path.unlink(missing_ok=True)


def require_finite(trainer, path: Path) -> None:
    """Raise FloatingPointError, naming it, if a learned tensor holds NaN or infinity."""
    for module in trainer._models.values():
        for name, parameter in module.named_parameters():
            if not parameter.isfinite().all():
                kept = f"; the last good checkpoint is {path}" if path.exists() else ""
                raise FloatingPointError(
                    f"learned tensor {name} is not finite after epoch {trainer.epoch + 1}, batch "
                    f"{trainer.batch_idx + 1}: lower OPTIM.LR or set TRAIN.CLIP_NORM{kept}"
                )
