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


class TrainerX(SimpleTrainer):
    """Trains on labelled data; a subclass has `forward_backward(batch)`."""

    def run_epoch(self) -> None:
        """One pass over train_loader_x."""
        loader = self.train_loader_x
        run_steps(self, ((batch,) for batch in loader), len(loader))

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, labels and domains on the trainer's device."""
        return tuple(batch[key].to(self.device) for key in ("img", "label", "domain"))


class TrainerXU(SimpleTrainer):
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
        run_steps(self, _together(loaders, lengths[count]), lengths[count])

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


def run_steps(trainer: SimpleTrainer, steps: Iterable[tuple], num_batches: int) -> None:
    """Call a trainer's forward_backward per step, and log.

    Args:
        trainer: in an epoch.
        steps: its arguments per step.
        num_batches: how many steps there are.
    """
    trainer.set_model_mode("train")
    trainer.num_batches = num_batches
    losses, batch_time, data_time = MetricMeter(), AverageMeter(), AverageMeter()
    end = time.time()
    for trainer.batch_idx, step in enumerate(steps):
        data_time.update(time.time() - end)
        summary = trainer.forward_backward(*step)
        batch_time.update(time.time() - end)
        losses.update(summary)
        every = trainer.cfg.TRAIN.PRINT_FREQ
        if (trainer.batch_idx + 1) % every == 0 or num_batches < every:
            print(_progress(trainer, losses, batch_time, data_time))
        n_iter = trainer.epoch * num_batches + trainer.batch_idx
        for name, meter in losses.meters.items():
            trainer.write_scalar(f"train/{name}", meter.avg, n_iter)
        trainer.write_scalar("train/lr", trainer.get_current_lr(), n_iter)
        end = time.time()


def _progress(
    trainer: SimpleTrainer, losses: MetricMeter, batch_time: AverageMeter, data_time: AverageMeter
) -> str:
    left = (trainer.max_epoch - trainer.epoch) * trainer.num_batches - trainer.batch_idx - 1
    return (
        f"epoch [{trainer.epoch + 1}/{trainer.max_epoch}] "
        f"batch [{trainer.batch_idx + 1}/{trainer.num_batches}] "
        f"time {batch_time.val:.3f} ({batch_time.avg:.3f}) "
        f"data {data_time.val:.3f} ({data_time.avg:.3f}) "
        f"{losses} "
        f"lr {trainer.get_current_lr():.4e} "
        f"eta {datetime.timedelta(seconds=int(batch_time.avg * left))}"
    )
