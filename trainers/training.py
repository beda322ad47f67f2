"""The training step: what is minimised, and how its gradient is found."""

from torch import Tensor
from torch.nn import functional as F

from dassl.metrics import compute_accuracy
from models.classifier import Output


class TrainingStep:
    """Mixin of `CLIPTrainer`. A method with a loss of its own extends `criterion`."""

    def forward_backward(self, batch: dict) -> dict[str, float]:
        """One step of all optimisers; what the log shows of it."""
        images, labels = self.parse_batch_train(batch)
        output = self.with_paths(batch, self.model, images)
        self.model_zero_grad()
        loss = self.backward(output, images, labels)
        for optim in filter(None, self._optims.values()):
            self.scaler.step(optim)
        self.scaler.update()
        if self.batch_idx + 1 == self.num_batches:
            self.update_lr()
        return {"loss": loss, "acc": compute_accuracy(output.logits, labels)[0].item()}

    def criterion(self, output: Output, images: Tensor, labels: Tensor) -> Tensor:
        """The loss, a scalar: cross-entropy plus the head's penalty.

        Args:
            output: the classifier's answer.
            images: (B, 3, H, W), what it was given.
            labels: (B,).
        """
        return F.cross_entropy(output.logits, labels) + output.penalty

    def backward(self, output: Output, images: Tensor, labels: Tensor) -> float:
        """Give every learned tensor its (scaled) gradient; returns the loss."""
        loss = self.criterion(output, images, labels)
        self.detect_anomaly(loss)
        self.scaler.scale(loss).backward()
        return loss.item()

    def parse_batch_train(self, batch: dict) -> tuple[Tensor, Tensor]:
        """Images (B, 3, H, W) and labels (B,) on the trainer's device."""
        return batch["img"].to(self.device), batch["label"].to(self.device)

    def with_paths(self, batch: dict, function, images: Tensor):
        """function(images), whose ValueError also names the pictures."""
        try:
            return function(images)
        except ValueError as error:
            first, *rest = batch["impath"]
            more = f" and {len(rest)} more" if rest else ""
            raise ValueError(f"{error} (batch of {first}{more})") from error
