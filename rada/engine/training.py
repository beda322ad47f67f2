"""The training step: what is minimised, and how its gradient is found."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from dassl.metrics import compute_accuracy
from rada.classifier import Output
from rada.engine import distributed
from rada.engine.errors import step_errors


class TrainingStep:
    """Mixin of `CLIPTrainer`. A method with a loss of its own extends `criterion`.

    Attributes:
        batch_divides: whether a batch's gradient is the mean of its parts'.
    """

    batch_divides = True
    network: nn.Module | None = None  # the model, or what keeps it equal in several processes

    def forward_backward(self, batch: dict) -> dict[str, float]:
        """One step of all optimisers; what the log shows of it."""
        images, labels = self.parse_batch_train(batch)
        names = self.active()
        self.model_zero_grad(names)
        with step_errors(self, batch):
            loss, accuracy = self.backward_batch(batch, images, labels)
            self.update(names)
        return {"loss": loss, "acc": accuracy}

    def backward_batch(self, batch: dict, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Give every learned tensor the gradient of a whole batch; its loss and accuracy."""
        pieces = min(self.cfg.TRAIN.ACCUMULATE, len(labels))
        loss = accuracy = 0.0
        split = zip(images.tensor_split(pieces), labels.tensor_split(pieces), strict=True)
        for number, (some, theirs) in enumerate(split, 1):
            share = len(theirs) / len(labels)
            with self.synchronised(number == pieces):
                output = self.with_paths(batch, self.network or self.model, some)
                loss += share * self.backward(output, some, theirs, share)
            accuracy += share * compute_accuracy(output.logits, theirs)[0].item()
        return loss, accuracy

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """The loss, a scalar: cross-entropy plus the head's penalty.

        Args:
            output: the classifier's answer.
            images: (B, 3, H, W), what it was given.
            labels: (B,).
        """
        return F.cross_entropy(output.logits, labels) + output.penalty

    def backward(self, output: Output, images: Tensor, labels: Tensor, share: float = 1.0) -> float:
        """Add share times the (scaled) gradient to every learned tensor's; returns the loss."""
        loss = self.criterion(output, images, labels)
        self.detect_anomaly(loss)
        self.scaler.scale(loss * share).backward()
        return loss.item()

    def update(self, names: list[str]) -> None:
        """One step of the optimisers of these names, and of the schedules that are due."""
        optims = [self._optims[name] for name in names if self._optims[name]]
        taken = self.cfg.TRAIN.CLIP_NORM <= 0 or self.clip(optims)
        for optim in optims if taken else ():
            self.scaler.step(optim)
        self.scaler.update()
        last = self.batch_idx + 1 == self.num_batches
        by_step = {name for name in names if getattr(self._scheds[name], "by_step", False)}
        due = [name for name in names if (taken if name in by_step else last)]
        self.update_lr(due) if due else None

    def clip(self, optims: list) -> bool:
        """Scale the gradient of all together to TRAIN.CLIP_NORM if it is longer.

        Returns:
            Whether it is finite; if not, the step has to be left out by all of them.

        Raises:
            FloatingPointError: if it is not finite, and no scaler is there to leave the step out.
        """
        for optim in optims:
            self.scaler.unscale_(optim)
        groups = (group for optim in optims for group in optim.param_groups)
        learned = [parameter for group in groups for parameter in group["params"]]
        norm = nn.utils.clip_grad_norm_(learned, self.cfg.TRAIN.CLIP_NORM)
        if not self.scaler.is_enabled() and not norm.isfinite():
            raise FloatingPointError("the gradient is not finite")
        return bool(norm.isfinite())

    @contextmanager
    def synchronised(self, last: bool) -> Iterator[None]:
        """Inside, a backward pass shares gradients with the other processes if it is the last."""
        if last or not isinstance(self.network, DistributedDataParallel):
            yield
        else:
            with self.network.no_sync():
                yield

    def connect(self) -> None:
        """Let the gradients of what requires them now be the mean over all processes."""
        if distributed.world_size() > 1:
            devices = [torch.cuda.current_device()] if self.device.type == "cuda" else None
            with warnings.catch_warnings():  # its successor is missing in PyTorch 2.9
                warnings.filterwarnings("ignore", ".*broadcast_buffers", FutureWarning)
                self.network = DistributedDataParallel(
                    self.model, device_ids=devices, broadcast_buffers=False
                )

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor]:
        """Images (B, 3, H, W) and labels (B,) on the trainer's device."""
        return batch["img"].to(self.device), batch["label"].to(self.device)

    def with_paths(self, batch: dict, function, *inputs: Tensor):
        """function(*inputs), whose ValueError also names the pictures."""
        try:
            return function(*inputs)
        except ValueError as error:
            first, *rest = batch["impath"]
            more = f" and {len(rest)} more" if rest else ""
            raise type(error)(f"{error} (batch of {first}{more})") from error
