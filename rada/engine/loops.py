"""How a training goes on: by epochs, as the toolbox's, or by steps (TRAIN.LOOP).

By steps it may stop anywhere and go on, in one process or several. The epochs of the toolbox go on
around either.
"""

import os
import time
import zlib
from collections.abc import Callable

import torch
from torch.utils.data import DataLoader
from yacs.config import CfgNode

from dassl.data import DataManager
from dassl.utils import AverageMeter, MetricMeter
from rada.data.data_order import shared_loader
from rada.engine import distributed
from rada.engine.checkpoints import RUNNING, ResumeCheckpoint
from rada.engine.progress import progress_line
from rada.engine.wise_ft import save_start


class EpochLoop:
    """The toolbox's own; the newest checkpoint replaces the one before after every epoch.

    Args:
        trainer: a `CLIPTrainer`; the other loop has the same methods.

    Attributes:
        resume_checkpoint: of a run that may stop between two steps; None by epochs.
    """

    resume_checkpoint: ResumeCheckpoint | None = None

    def __init__(self, trainer):
        self.trainer = trainer

    def share(self, dm: DataManager) -> None:
        """Let the training loader give this process's part of each batch."""

    def resume(self, directory: str, toolbox: Callable[[str], int]) -> int:
        """Epochs done of the run in a folder; `toolbox` is Dassl's own way."""
        return self.trainer.checkpoints.resume(directory, toolbox)

    def begin(self) -> None:
        """Called before the first epoch of this run."""

    def run_epoch(self, toolbox: Callable[[], None]) -> None:
        """The steps of an epoch."""
        toolbox()

    def after_epoch(self, toolbox: Callable[[], None]) -> None:
        """Validate and save."""
        toolbox()
        self.trainer.checkpoints.keep_newest()

    def finish(self) -> None:
        """Called after the last epoch, before the test."""


class StepLoop(EpochLoop):
    """Steps whose randomness depends on their number alone, saved whenever TRAIN says so.

    Attributes:
        batches_done: of the epoch that training goes on in.
    """

    resume_checkpoint: ResumeCheckpoint
    batches_done = 0

    def share(self, dm: DataManager) -> None:
        """Let the training loader be a `shared_loader`."""
        rank, count = distributed.rank(), distributed.world_size()
        dm.train_loader_x = shared_loader(self.trainer.cfg, dm, rank, count)

    def resume(self, directory: str, toolbox: Callable[[str], int]) -> int:
        """Epochs done of a run in a folder, and `batches_done` of the next one.

        Raises:
            FileNotFoundError: if RESUME names a folder that holds none.
            ValueError: if the checkpoint is of another run, or damaged.
        """
        trainer = self.trainer
        self.resume_checkpoint = ResumeCheckpoint(trainer)
        if os.path.lexists(os.path.join(directory, RUNNING)):
            self.require_output(directory)
            epoch, self.batches_done = self.resume_checkpoint.restore(directory)
            print(
                f"Resuming {directory}/{RUNNING}: epoch {epoch + 1}, batch {self.batches_done + 1}"
            )
            return epoch
        trainer.checkpoints.require_own_folder(directory)
        if trainer.checkpoints.has_final(directory):
            trainer.load_model(directory, trainer.max_epoch)
            return trainer.max_epoch
        if trainer.cfg.RESUME:
            raise FileNotFoundError(f"RESUME: no {RUNNING} in {directory}")
        print("No checkpoint found, train from scratch")
        return 0

    def require_output(self, directory: str) -> None:
        """Raise ValueError unless a folder is the output's, where the best and the start are."""
        if os.path.abspath(directory) != os.path.abspath(self.trainer.output_dir):
            raise ValueError(
                f"a training by steps goes on in its own folder; give --output-dir {directory}"
            )

    def begin(self) -> None:
        """Keep what a training starts from, for WiSE-FT."""
        begins = self.trainer.start_epoch == self.batches_done == 0
        if begins and not distributed.rank():
            save_start(self.trainer)

    def run_epoch(self, toolbox: Callable[[], None]) -> None:
        """The steps of an epoch that are still to do, with the toolbox's log lines."""
        trainer = self.trainer
        trainer.set_model_mode("train")
        loader = trainer.train_loader_x
        trainer.num_batches = len(loader)
        loader.batch_sampler.epoch, loader.batch_sampler.start = trainer.epoch, self.batches_done
        self.run_steps(loader, first=self.batches_done)
        self.batches_done = 0

    def run_steps(self, loader: DataLoader, first: int) -> None:
        """One step for each batch of a loader; `first` is the number of its first batch."""
        trainer, cfg = self.trainer, self.trainer.cfg
        losses, batch_time, data_time = MetricMeter(), AverageMeter(), AverageMeter()
        end = time.time()
        for trainer.batch_idx, batch in enumerate(loader, first):
            data_time.update(time.time() - end)
            step = trainer.epoch * trainer.num_batches + trainer.batch_idx
            # what a method draws in a step depends on the step alone: going on needs no state
            torch.manual_seed(zlib.crc32(f"{max(0, cfg.SEED)} step {step}".encode()))
            losses.update(trainer.forward_backward(batch))
            batch_time.update(time.time() - end)
            done, every = trainer.batch_idx + 1, cfg.TRAIN.PRINT_FREQ
            if done % every == 0 or trainer.num_batches < every:
                print(progress_line(trainer, losses, batch_time, data_time))
            for name, meter in losses.meters.items():
                trainer.write_scalar(f"train/{name}", meter.avg, step)
            trainer.write_scalar("train/lr", trainer.get_current_lr(), step)
            if not distributed.rank() and done < trainer.num_batches:
                self.resume_checkpoint.save_if_due(trainer.epoch, done, step + 1)
            end = time.time()

    def after_epoch(self, toolbox: Callable[[], None]) -> None:
        """Keep the best on validation, what CHECKPOINT_FREQ asks for, and the newest."""
        trainer, cfg = self.trainer, self.trainer.cfg
        done, every = trainer.epoch + 1, cfg.TRAIN.CHECKPOINT_FREQ
        if cfg.TEST.FINAL_MODEL == "best_val" and not cfg.TEST.NO_TEST:
            result = trainer.test(split="val")
            if result > trainer.best_result:
                trainer.best_result, best = result, "model-best.pth.tar"
                trainer.save_model(
                    trainer.epoch, trainer.output_dir, val_result=result, model_name=best
                )
        if every > 0 and done % every == 0 and done < trainer.max_epoch:
            trainer.save_model(trainer.epoch, trainer.output_dir)
        if not distributed.rank():
            self.resume_checkpoint.save(done, 0)
        distributed.barrier()  # what the first one has written, the others may read

    def finish(self) -> None:
        """Let the final checkpoints, without optimiser, take the resume checkpoint's place."""
        trainer = self.trainer
        if not distributed.rank() and self.resume_checkpoint.path.exists():
            trainer.epoch = trainer.max_epoch - 1  # also if all were done when it was resumed
            trainer.save_model(trainer.epoch, trainer.output_dir)
            self.resume_checkpoint.remove()


LOOPS: dict[str, type[EpochLoop]] = {"epochs": EpochLoop, "steps": StepLoop}


def build_loop(trainer, cfg: CfgNode) -> EpochLoop:
    """The loop that TRAIN.LOOP names."""
    return LOOPS[cfg.TRAIN.LOOP](trainer)


def require_train_settings(train: CfgNode, batch_divides: bool, processes: int) -> None:
    """Raise ValueError for settings of cfg.TRAIN that do not go together.

    Args:
        train: cfg.TRAIN.
        batch_divides: whether the method's gradient of a batch is the mean of its parts'.
        processes: of this run.
    """
    by_steps = train.LOOP == "steps"
    for key in ("SAVE_STEPS", "SAVE_MINUTES"):
        if train[key] and not by_steps:
            raise ValueError(f"nothing reads TRAIN.{key} unless TRAIN.LOOP is steps; set it, too")
    if processes > 1 and not by_steps:
        raise ValueError(f"{processes} processes need TRAIN.LOOP steps; set it, or start one")
    if not batch_divides and (processes > 1 or train.ACCUMULATE > 1):
        raise ValueError(
            "this method's gradient is not the mean over parts of a batch; train it in one process "
            "with TRAIN.ACCUMULATE 1"
        )
