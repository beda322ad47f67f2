"""Schedules that warm up before another one begins."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class _BaseWarmupScheduler(LRScheduler):
    """Some epochs of warm-up, then another schedule.

    Its state holds the other schedule's state, not the object: after loading, both still drive the
    same optimiser.

    Args:
        successor: schedule after the warm-up.
        warmup_epoch: epochs of warm-up.
        last_epoch: epochs done, minus one.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        successor: LRScheduler,
        warmup_epoch: int,
        last_epoch: int = -1,
    ):
        self.successor = successor
        self.warmup_epoch = warmup_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Learning rate per parameter group."""
        if self.last_epoch >= self.warmup_epoch:
            return self.successor.get_last_lr()
        return self.warmup_lr()

    def warmup_lr(self) -> list[float]:
        """Learning rate per parameter group during the warm-up."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go on by one epoch."""
        if self.last_epoch >= self.warmup_epoch:
            self.successor.step(epoch)
            self._last_lr = self.successor.get_last_lr()
        else:
            super().step(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Plain types only."""
        return {**super().state_dict(), "successor": self.successor.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` gave.

        Raises:
            ValueError: if the successor's state is missing (a checkpoint of another toolbox).
        """
        state_dict = dict(state_dict)
        if not isinstance(state_dict.get("successor"), dict):
            raise ValueError(
                "the checkpoint does not hold the learning rate schedule after the warm-up; "
                "train again into another folder"
            )
        self.successor.load_state_dict(state_dict.pop("successor"))
        super().load_state_dict(state_dict)


class ConstantWarmupScheduler(_BaseWarmupScheduler):
    """Warm-up at the learning rate cons_lr."""

    def __init__(
        self,
        optimizer: Optimizer,
        successor: LRScheduler,
        warmup_epoch: int,
        cons_lr: float,
        last_epoch: int = -1,
    ):
        self.cons_lr = cons_lr
        super().__init__(optimizer, successor, warmup_epoch, last_epoch)

    def warmup_lr(self) -> list[float]:
        """The same for all."""
        return [self.cons_lr for _ in self.base_lrs]


class LinearWarmupScheduler(_BaseWarmupScheduler):
    """Warm-up from min_lr linearly to the learning rate itself."""

    def __init__(
        self,
        optimizer: Optimizer,
        successor: LRScheduler,
        warmup_epoch: int,
        min_lr: float,
        last_epoch: int = -1,
    ):
        self.min_lr = min_lr
        super().__init__(optimizer, successor, warmup_epoch, last_epoch)

    def warmup_lr(self) -> list[float]:
        """min_lr in the first epoch, then the share of the warm-up that is done."""
        if self.last_epoch == 0:
            return [self.min_lr for _ in self.base_lrs]
        return [lr * self.last_epoch / self.warmup_epoch for lr in self.base_lrs]
