"""How large a trainer's checkpoint is, without writing it: that of an encoder takes gigabytes."""

import contextlib
import io
import tempfile
from unittest import mock

import torch

from rada.engine.optim import build_schedule
from rada.engine.trainer import CLIPTrainer


class Sink(io.RawIOBase):
    """A file that keeps its size only.

    Attributes:
        size: bytes written.
    """

    size = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data) -> int:
        """Forget the data."""
        self.size += len(data)
        return len(data)


def checkpoint_bytes(trainer: CLIPTrainer) -> dict[str, int]:
    """Bytes of each module's file that `save_model` writes, with all that is in it.

    Args:
        trainer: of `benchmarks.steps_case.ready`, after a step: optimisers then have their states.
    """
    sizes, save = [], torch.save

    def count(state, file) -> None:
        sink = Sink()
        save(state, sink)
        sizes.append(sink.size)

    trainer.best_result = -float("inf")
    trainer.checkpoints.fingerprint = "of the training pictures, as long as one is"
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(mock.patch("torch.save", count))
        for name, learned in trainer.learned().items():  # steps need no schedule, files have it
            optim = trainer._optims[name]
            trainer._scheds[name] = build_schedule(optim, learned.optim, trainer.num_batches)
        trainer.save_model(0, stack.enter_context(tempfile.TemporaryDirectory()))
    return dict(zip(trainer.get_model_names(), sizes, strict=True))
