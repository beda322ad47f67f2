"""A trainer without data: its models by name, the loop over epochs, its hooks, tensorboard."""

import os.path as osp
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dassl.engine.checkpoint_files import newest_common
from dassl.utils import load_checkpoint, save_checkpoint, tolist_if_not
from dassl.utils.checkpoints import BEST, NUMBERED, restore


class TrainerBase:
    """Base of all trainers.

    Models are registered, each with its optimiser and schedule; `names` of a method means all by
    default.
    """

    def __init__(self):
        self._models: dict[str, nn.Module] = {}
        self._optims: dict[str, Optimizer | None] = {}
        self._scheds: dict[str, Any] = {}
        self._writer = None

    def register_model(
        self,
        name: str = "model",
        model: nn.Module | None = None,
        optim: Optimizer | None = None,
        sched: Any = None,
    ) -> None:
        """Make a model, its optimiser and its schedule known under a name."""
        if "_models" not in self.__dict__:
            raise AttributeError("Cannot assign model before super().__init__() call")
        assert name not in self._models, "Found duplicate model names"
        self._models[name], self._optims[name], self._scheds[name] = model, optim, sched

    def get_model_names(self, names: str | list[str] | None = None) -> list[str]:
        """The given names, checked, or all."""
        if names is None:
            return list(self._models)
        names = tolist_if_not(names)
        assert all(name in self._models for name in names), f"unknown model in {names}"
        return names

    def save_model(
        self,
        epoch: int,
        directory: str,
        is_best: bool = False,
        val_result: float | None = None,
        model_name: str = "",
    ) -> None:
        """Write a checkpoint per model into <directory>/<name>; epoch counts from zero."""
        best_result = getattr(self, "best_result", None)
        for name in self.get_model_names():
            optim, sched = self._optims[name], self._scheds[name]
            state = {
                "state_dict": self._models[name].state_dict(),
                "epoch": epoch + 1,
                "optimizer": None if optim is None else optim.state_dict(),
                "scheduler": None if sched is None else sched.state_dict(),
                "val_result": val_result,
                "best_result": best_result,
            }
            folder = osp.join(directory, name)
            save_checkpoint(state, folder, is_best=is_best, model_name=model_name)

    def resume_model_if_exist(self, directory: str) -> int:
        """Go on from the newest epoch of which every model has a checkpoint.

        Returns:
            Number of epochs done, 0 if there is no such checkpoint.
        """
        paths = newest_common([osp.join(directory, name) for name in self.get_model_names()])
        if not paths:
            print("No checkpoint found, train from scratch")
            return 0
        print(f"Found checkpoint at {directory} (will resume training)")
        for name, path in zip(self.get_model_names(), paths, strict=True):
            model, optim, sched = self._models[name], self._optims[name], self._scheds[name]
            checkpoint = restore(path, model, optim, sched)
            if checkpoint.get("best_result") is not None:
                self.best_result = checkpoint["best_result"]
        return checkpoint["epoch"]

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load weights of an epoch, by default those best on validation.

        Raises:
            FileNotFoundError: if there is no such checkpoint.
        """
        if not directory:
            print(
                "Note that load_model() is skipped as no pretrained "
                "model is given (ignore this if it's done on purpose)"
            )
            return
        file = BEST if epoch is None else f"{NUMBERED}{epoch}"
        for name in self.get_model_names():
            path = osp.join(directory, name, file)
            if not osp.exists(path):
                raise FileNotFoundError(f"No model at {path}")
            checkpoint = load_checkpoint(path)
            val_result = checkpoint.get("val_result")
            shown = None if val_result is None else f"{val_result:.1f}"
            print(f"Load {path} to {name} (epoch={checkpoint['epoch']}, val_result={shown})")
            self._models[name].load_state_dict(checkpoint["state_dict"])

    def set_model_mode(self, mode: str = "train", names: str | list[str] | None = None) -> None:
        """Put models into train mode, or for "test" and "eval" into eval mode."""
        if mode not in ("train", "test", "eval"):
            raise KeyError(mode)
        for name in self.get_model_names(names):
            self._models[name].train(mode == "train")

    def update_lr(self, names: str | list[str] | None = None) -> None:
        """One step of the schedules."""
        for name in self.get_model_names(names):
            if self._scheds[name] is not None:
                self._scheds[name].step()

    def model_zero_grad(self, names: str | list[str] | None = None) -> None:
        """Clear gradients."""
        for name in self.get_model_names(names):
            if self._optims[name] is not None:
                self._optims[name].zero_grad()

    def model_update(self, names: str | list[str] | None = None) -> None:
        """One step of the optimisers."""
        for name in self.get_model_names(names):
            if self._optims[name] is not None:
                self._optims[name].step()

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
