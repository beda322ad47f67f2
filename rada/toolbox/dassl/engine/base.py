"""A trainer without data: the loop over epochs, its hooks, and tensorboard."""

from typing import Any

import torch
from torch import Tensor

from dassl.engine.registered import RegisteredModels


class TrainerBase(RegisteredModels):
    """Base of all trainers."""

    def __init__(self):
        super().__init__()
        self._writer = None

    def train(self, start_epoch: int, max_epoch: int) -> None:
        """Run the epochs from start_epoch (zero-based; before_train may change it) to max_epoch."""
        self.start_epoch, self.max_epoch = start_epoch, max_epoch
        self.before_train()
        for self.epoch in range(self.start_epoch, self.max_epoch):  # noqa: B020
            self.before_epoch()
            self.run_epoch()
            self.after_epoch()
        self.after_train()

    def before_train(self) -> None:
        """Called once before the first epoch."""

    def after_train(self) -> None:
        """Called once after the last epoch."""

    def before_epoch(self) -> None:
        """Called before each epoch."""

    def after_epoch(self) -> None:
        """Called after each epoch."""

    def run_epoch(self) -> None:
        """Train for one epoch."""
        raise NotImplementedError

    def test(self) -> Any:
        """Test the model."""
        raise NotImplementedError

    def parse_batch_train(self, batch: dict) -> Any:
        """A training batch as what the model takes."""
        raise NotImplementedError

    def parse_batch_test(self, batch: dict) -> Any:
        """A test batch as what the model takes."""
        raise NotImplementedError

    def forward_backward(self, batch: dict) -> dict:
        """One training step; returns what to log by name."""
        raise NotImplementedError

    def model_inference(self, input: Tensor) -> Tensor:
        """Predictions."""
        raise NotImplementedError

    def detect_anomaly(self, loss: Tensor) -> None:
        """Raise FloatingPointError unless the loss is finite."""
        if not torch.isfinite(loss).all():
            raise FloatingPointError("Loss is infinite or NaN!")

    def model_backward(self, loss: Tensor) -> None:
        """Gradients of a finite loss."""
        self.detect_anomaly(loss)
        loss.backward()

    def model_backward_and_update(self, loss: Tensor, names: str | list[str] | None = None) -> None:
        """One whole step of the optimisers."""
        self.model_zero_grad(names)
        self.model_backward(loss)
        self.model_update(names)

    def init_writer(self, log_dir: str) -> None:
        """Start to log for tensorboard, if that is installed."""
        if self._writer is not None:
            return
        print(f"Initialize tensorboard (log_dir={log_dir})")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            print("Note that tensorboard is not installed, nothing is logged for it")
            return
        self._writer = SummaryWriter(log_dir=log_dir)

    def close_writer(self) -> None:
        """Stop to log for tensorboard."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def write_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        """Log a number for tensorboard; does nothing outside of training."""
        if self._writer is not None:
            self._writer.add_scalar(tag, scalar_value, global_step)
