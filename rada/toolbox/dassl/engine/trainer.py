"""Trainers that run over labelled, or over labelled and unlabelled data."""

import datetime
import time
from collections.abc import Iterable, Iterator

from torch import Tensor

from dassl.engine.base import TrainerBase
from dassl.engine.network import SimpleNet
from dassl.engine.simple import SimpleTrainer
from dassl.utils import AverageMeter, MetricMeter

__all__ = ["SimpleNet", "SimpleTrainer", "TrainerBase", "TrainerX", "TrainerXU"]


class _LoggedTrainer(SimpleTrainer):
    """Runs and logs the steps of an epoch."""

    def run_steps(self, steps: Iterable[tuple], num_batches: int) -> None:
        """Call forward_backward per step.

        Args:
            steps: its arguments per step.
            num_batches: how many steps there are.
        """
        self.set_model_mode("train")
        self.num_batches = num_batches
        losses, batch_time, data_time = MetricMeter(), AverageMeter(), AverageMeter()
        end = time.time()
        for self.batch_idx, step in enumerate(steps):
            data_time.update(time.time() - end)
            summary = self.forward_backward(*step)
            batch_time.update(time.time() - end)
            losses.update(summary)
            every = self.cfg.TRAIN.PRINT_FREQ
            if (self.batch_idx + 1) % every == 0 or num_batches < every:
                print(self._progress(losses, batch_time, data_time))
            n_iter = self.epoch * num_batches + self.batch_idx
            for name, meter in losses.meters.items():
                self.write_scalar(f"train/{name}", meter.avg, n_iter)
            self.write_scalar("train/lr", self.get_current_lr(), n_iter)
            end = time.time()

    def _progress(
        self, losses: MetricMeter, batch_time: AverageMeter, data_time: AverageMeter
    ) -> str:
        left = (self.max_epoch - self.epoch) * self.num_batches - self.batch_idx - 1
        return (
            f"epoch [{self.epoch + 1}/{self.max_epoch}] "
            f"batch [{self.batch_idx + 1}/{self.num_batches}] "
            f"time {batch_time.val:.3f} ({batch_time.avg:.3f}) "
            f"data {data_time.val:.3f} ({data_time.avg:.3f}) "
            f"{losses} "
            f"lr {self.get_current_lr():.4e} "
            f"eta {datetime.timedelta(seconds=int(batch_time.avg * left))}"
        )


class TrainerX(_LoggedTrainer):
    """Trains on labelled data; a subclass has `forward_backward(batch)`."""

    def run_epoch(self) -> None:
        """One pass over train_loader_x."""
        loader = self.train_loader_x
        self.run_steps(((batch,) for batch in loader), len(loader))

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, labels and domains on the trainer's device."""
        return tuple(batch[key].to(self.device) for key in ("img", "label", "domain"))


class TrainerXU(_LoggedTrainer):
    """Trains on labelled and unlabelled data; has `forward_backward(batch_x, batch_u)`."""

    def run_epoch(self) -> None:
        """As many steps as TRAIN.COUNT_ITER says; the shorter loader starts again.

        Raises:
            ValueError: if there is no unlabelled data, or COUNT_ITER is unknown.
        """
        loaders = self.train_loader_x, self.train_loader_u
        if self.train_loader_u is None:
            raise ValueError(f"{self.cfg.DATASET.NAME} has no unlabelled data (train_u)")
        x, u = map(len, loaders)
        lengths = {"train_x": x, "train_u": u, "smaller_one": min(x, u)}
        count = self.cfg.TRAIN.COUNT_ITER
        if count not in lengths:
            raise ValueError(f"TRAIN.COUNT_ITER is one of {list(lengths)}; got {count}")
        self.run_steps(_together(loaders, lengths[count]), lengths[count])

    def parse_batch_train(self, batch_x: dict, batch_u: dict) -> tuple[Tensor, Tensor, Tensor]:
        """Labelled pictures, their labels and unlabelled pictures on the trainer's device."""
        tensors = batch_x["img"], batch_x["label"], batch_u["img"]
        return tuple(tensor.to(self.device) for tensor in tensors)


def _together(loaders: Iterable, steps: int) -> Iterator[tuple]:
    iterators = [iter(loader) for loader in loaders]
    for _ in range(steps):
        batches = []
        for i, loader in enumerate(loaders):
            batch = next(iterators[i], None)
            if batch is None:
                iterators[i] = iter(loader)
                batch = next(iterators[i])
            batches.append(batch)
        yield tuple(batches)
