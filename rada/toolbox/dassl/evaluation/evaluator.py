"""Accuracy, error rate, macro F1, accuracy per class and confusion matrix."""

import os.path as osp

import numpy as np
import torch
from torch import Tensor
from yacs.config import CfgNode

from dassl.evaluation.build import EVALUATOR_REGISTRY
from dassl.utils import mkdir_if_missing
from dassl.utils.files import written_whole


class EvaluatorBase:
    """Collects predictions batch by batch, then evaluates them."""

    def __init__(self, cfg: CfgNode):
        self.cfg = cfg

    def reset(self) -> None:
        """Forget all predictions."""
        raise NotImplementedError

    def process(self, mo: Tensor, gt: Tensor) -> None:
        """Take a batch: model output (B, K) and labels (B,)."""
        raise NotImplementedError

    def evaluate(self) -> dict[str, float]:
        """Results by name; the first is the one that counts."""
        raise NotImplementedError


@EVALUATOR_REGISTRY.register()
class Classification(EvaluatorBase):
    """The usual evaluator of a classifier; all results are percent.

    Args:
        lab2cname: class name by label, needed with TEST.PER_CLASS_RESULT.
    """

    def __init__(self, cfg: CfgNode, lab2cname: dict[int, str] | None = None, **kwargs):
        super().__init__(cfg)
        if cfg.TEST.PER_CLASS_RESULT and lab2cname is None:
            raise ValueError("TEST.PER_CLASS_RESULT needs the names of the classes (lab2cname)")
        self._lab2cname = lab2cname
        self.reset()

    def reset(self) -> None:
        """Forget all predictions."""
        self._y_true: list[int] = []
        self._y_pred: list[int] = []

    def process(self, mo: Tensor, gt: Tensor) -> None:
        """Take a batch: model output (B, K) and labels (B,)."""
        self._y_true += gt.tolist()
        self._y_pred += mo.max(1).indices.tolist()

    def evaluate(self) -> dict[str, float]:
        """Print and return accuracy, error_rate, macro_f1 and, if asked, perclass_accuracy.

        macro_f1 is over the labels that occur in the ground truth. With TEST.COMPUTE_CMAT the
        confusion matrix, rows summing to one, is saved as a tensor to OUTPUT_DIR/cmat.pt.
        """
        from sklearn.metrics import f1_score

        correct = np.equal(self._y_true, self._y_pred)
        accuracy = 100.0 * int(correct.sum()) / len(correct)
        f1 = f1_score(self._y_true, self._y_pred, average="macro", labels=np.unique(self._y_true))
        results = {
            "accuracy": accuracy,
            "error_rate": 100.0 - accuracy,
            "macro_f1": 100.0 * float(f1),
        }
        print(
            "=> result\n"
            f"* total: {len(correct):,}\n"
            f"* correct: {correct.sum():,}\n"
            f"* accuracy: {accuracy:.1f}%\n"
            f"* error: {results['error_rate']:.1f}%\n"
            f"* macro_f1: {results['macro_f1']:.1f}%"
        )
        if self.cfg.TEST.PER_CLASS_RESULT:
            results["perclass_accuracy"] = self._per_class(correct)
        if self.cfg.TEST.COMPUTE_CMAT:
            self._save_confusion_matrix()
        return results

    def _per_class(self, correct: np.ndarray) -> float:
        print("=> per-class result")
        accuracies = []
        for label in np.unique(self._y_true).tolist():
            hits = correct[np.equal(self._y_true, label)]
            accuracies.append(100.0 * int(hits.sum()) / len(hits))
            print(
                f"* class: {label} ({self._lab2cname[label]})\ttotal: {len(hits):,}\t"
                f"correct: {hits.sum():,}\tacc: {accuracies[-1]:.1f}%"
            )
        mean = float(np.mean(accuracies))
        print(f"* average: {mean:.1f}%")
        return mean

    def _save_confusion_matrix(self) -> None:
        from sklearn.metrics import confusion_matrix

        matrix = confusion_matrix(self._y_true, self._y_pred, normalize="true")
        mkdir_if_missing(self.cfg.OUTPUT_DIR)
        path = osp.join(self.cfg.OUTPUT_DIR, "cmat.pt")
        with written_whole(path) as file:
            torch.save(torch.from_numpy(matrix), file)
        print(f"Confusion matrix is saved to {path}")
