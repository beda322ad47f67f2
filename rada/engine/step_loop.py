"""TRAIN.LOOP "steps": training that may stop anywhere and go on, in one process or several.

The epochs of the toolbox go on around it; `epochs`, the default, leaves all to the toolbox.
"""

import os
import time
import zlib

import torch
from torch.utils.data import DataLoader

from dassl.data import DataManager
from dassl.utils import AverageMeter, MetricMeter
from rada.data.data_order import shared_loader
from rada.data.validation import keep_test_apart
from rada.engine import distributed
from rada.engine.checkpoints import RUNNING, RunningCheckpoint
from rada.engine.errors import worker_errors
from rada.engine.progress import progress_line
from rada.engine.wise_ft import save_start


class StepLoop:
    """Mixin of `CLIPTrainer`.

    Attributes:
        running: the checkpoint of the run that is under way; None if the loop is the toolbox's.
        batches_done: of the epoch that training goes on in.
    """

    running: RunningCheckpoint | None = None
    batches_done = 0

    @property
    def by_steps(self) -> bool:
        """Whether TRAIN.LOOP is "steps"."""
        return self.cfg.TRAIN.LOOP == "steps"

    def build_data_loader(self) -> None:
        """The toolbox's, validated apart from the test; by steps, an own training loader."""
        with distributed.main_process_first():  # datasets make files on first use
            if self.adapts:
                self.use_data(self.adapts.data_manager(self.cfg))
            else:
                super().build_data_loader()
        if not self.adapts:  # there is no training
            keep_test_apart(self.cfg, self.dm)
            if self.by_steps:
                self.dm.train_loader_x = shared_loader(
                    self.cfg, self.dm, distributed.rank(), distributed.world_size()
                )
        self.train_loader_x, self.val_loader = self.dm.train_loader_x, self.dm.val_loader

    def use_data(self, dm: DataManager) -> None:
        """Take loaders, and what is known of the classes, as Dassl's `build_data_loader` does."""
        self.dm = dm
        self.train_loader_x, self.train_loader_u = dm.train_loader_x, dm.train_loader_u
        self.val_loader, self.test_loader = dm.val_loader, dm.test_loader
        self.num_classes, self.lab2cname = dm.num_classes, dm.lab2cname
        self.num_source_domains = dm.num_source_domains

    def resume_model_if_exist(self, directory: str) -> int:
        """Epochs done of a run in a folder; by steps, `batches_done` of the next one.

        Raises:
            ValueError: if the checkpoint is of another run, or damaged.
        """
        if not self.by_steps:
            return super().resume_model_if_exist(directory)
        self.running = RunningCheckpoint(self)
        if os.path.exists(os.path.join(directory, RUNNING)):
            self.require_output(directory)
            epoch, self.batches_done = self.running.restore(directory)
            print(
                f"Resuming {directory}/{RUNNING}: epoch {epoch + 1}, batch {self.batches_done + 1}"
            )
            return epoch
        self.require_own_folder(directory)
        if self.has_final(directory):
            self.load_model(directory, self.max_epoch)
            return self.max_epoch
        if self.cfg.RESUME:
            raise FileNotFoundError(f"RESUME: no {RUNNING} in {directory}")
        print("No checkpoint found, train from scratch")
        return 0

    def before_train(self) -> None:
        """As the toolbox's; a training by steps that begins keeps what it starts from."""
        super().before_train()
        begins = self.start_epoch == self.batches_done == 0
        if self.by_steps and begins and not distributed.rank():
            save_start(self)

    def require_output(self, directory: str) -> None:
        """Raise ValueError unless a folder is the output's, where the best and the start are."""
        if os.path.abspath(directory) != os.path.abspath(self.output_dir):
            raise ValueError(
                f"a training by steps goes on in its own folder; give --output-dir {directory}"
            )

    def run_epoch(self) -> None:
        """The steps of an epoch that are still to do, with the toolbox's log lines."""
        if not self.by_steps:
            with worker_errors(self):
                return super().run_epoch()
        self.set_model_mode("train")
        loader = self.train_loader_x
        self.num_batches = len(loader)
        loader.batch_sampler.epoch, loader.batch_sampler.start = self.epoch, self.batches_done
        with worker_errors(self):
            self.run_steps_of(loader, first=self.batches_done)
        self.batches_done = 0

    def run_steps_of(self, loader: DataLoader, first: int) -> None:
        """One step for each batch of a loader; `first` is the number of its first batch."""
        losses, batch_time, data_time = MetricMeter(), AverageMeter(), AverageMeter()
        end = time.time()
        for self.batch_idx, batch in enumerate(loader, first):
            data_time.update(time.time() - end)
            step = self.epoch * self.num_batches + self.batch_idx
            # what a method draws in a step depends on the step alone: going on needs no state
            torch.manual_seed(zlib.crc32(f"{max(0, self.cfg.SEED)} step {step}".encode()))
            losses.update(self.forward_backward(batch))
            batch_time.update(time.time() - end)
            every = self.cfg.TRAIN.PRINT_FREQ
            if (self.batch_idx + 1) % every == 0 or self.num_batches < every:
                print(progress_line(self, losses, batch_time, data_time))
            for name, meter in losses.meters.items():
                self.write_scalar(f"train/{name}", meter.avg, step)
            self.write_scalar("train/lr", self.get_current_lr(), step)
            if not distributed.rank() and self.batch_idx + 1 < self.num_batches:
                self.running.save_if_due(self.epoch, self.batch_idx + 1, step + 1)
            end = time.time()

    def after_epoch(self) -> None:
        """By steps: keep the best on validation, what CHECKPOINT_FREQ asks for, and the newest."""
        if not self.by_steps:
            return super().after_epoch()
        done, every = self.epoch + 1, self.cfg.TRAIN.CHECKPOINT_FREQ
        if self.cfg.TEST.FINAL_MODEL == "best_val" and not self.cfg.TEST.NO_TEST:
            result = self.test(split="val")
            if result > self.best_result:
                self.best_result = result
                self.save_model(
                    self.epoch, self.output_dir, val_result=result, model_name="model-best.pth.tar"
                )
        if every > 0 and done % every == 0 and done < self.max_epoch:
            self.save_model(self.epoch, self.output_dir)
        if not distributed.rank():
            self.running.save(done, 0)
        distributed.barrier()  # what the first one has written, the others may read

    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split; of several processes the first one tests."""
        if distributed.rank():
            return distributed.broadcast(0.0)
        with worker_errors(self):
            return distributed.broadcast(super().test(split))

    def after_train(self) -> None:
        """By steps: the final checkpoints, without optimiser, take the running one's place."""
        if self.by_steps and not distributed.rank() and self.running.path.exists():
            self.epoch = self.max_epoch - 1  # also if all epochs were done when it was resumed
            self.save_model(self.epoch, self.output_dir)
            self.running.remove()
        distributed.barrier()
        self.network = None  # of several processes: it goes before their connection does
        super().after_train()
