"""The test: inference, and what is reported besides Dassl's results."""

import torch
from torch import Tensor

from rada.engine.errors import in_testing
from rada.engine.metrics import Prediction, predictions_of, top5_and_calibration


class Testing:
    """Mixin of `CLIPTrainer`.

    Attributes:
        seconds_before: what the earlier parts of a run took that was interrupted.
    """

    seconds_before = 0.0
    _predictions: list[Prediction]

    def parse_batch_test(self, batch: dict) -> tuple[Tensor, Tensor]:
        """As for training; remembers the batch for messages that name a picture."""
        self._test_batch = batch
        return self.parse_batch_train(batch)

    @torch.no_grad()
    def test(self, split: str | None = None) -> float:
        """Accuracy, percent, on a split; class features are encoded once.

        Top-5 accuracy and calibration error are added to the results.
        """
        self._predictions = []
        with self.model.classes_encoded_once():
            accuracy = super().test(split)
        self.report(self.split_tested(split), top5_and_calibration(self._predictions))
        return accuracy

    def model_inference(self, images: Tensor) -> Tensor:
        """Logits (B, K) of the batch that was parsed last.

        Raises:
            ValueError: naming the pictures, if a feature vector is zero or a number is not finite;
                or saying that memory does not suffice.
        """
        with in_testing(self, self._test_batch, "DATALOADER.TEST.BATCH_SIZE"):
            logits = self.with_paths(self._test_batch, self._finite_logits, images)
        self._predictions += predictions_of(logits, self._test_batch["label"])
        return logits

    def _finite_logits(self, images: Tensor) -> Tensor:
        logits = self.model(images).logits
        if not logits.isfinite().all():
            raise ValueError(
                "the logits are not finite, as after a training that diverged; train again with a "
                "lower learning rate, or PREC fp32"
            )
        return logits

    def split_tested(self, split: str | None) -> str:
        """The split that Dassl tests on if asked for this one: "val" or "test"."""
        wanted = split or self.cfg.TEST.SPLIT
        return "val" if wanted == "val" and self.val_loader is not None else "test"

    def report(self, split: str, results: dict[str, float]) -> None:
        """Write results, percent, to tensorboard and to the results of this run."""
        for name, value in results.items():
            self.write_scalar(f"{split}/{name}", value, self.epoch)
