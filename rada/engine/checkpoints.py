"""Checkpoints of learned tensors only, which remember what they were trained as.

Folders and file names are Dassl's (`<output>/<name>/model.pth.tar-<epoch>`, `checkpoint`). Each
checkpoint also holds a record of its run; one that does not fit is an error, never a silent
retrain. After every epoch the newest checkpoint replaces the one before, so that a killed run
resumes where it was.
"""

import contextlib
import io
import os
import os.path as osp

from torch import nn

import dassl
from dassl.utils import save_checkpoint
from rada.engine import processes
from rada.engine.recorded import Recorded
from rada.engine.records import checkpoint_file, read_checkpoint, require_same


class LearnedCheckpoints(Recorded):
    """Mixin of `CLIPTrainer`: saving, loading and resuming."""

    def save_model(self, epoch, directory, is_best=False, val_result=None, model_name=""):
        """As Dassl's, with the record; plain types only, so that weights_only loads it.

        By steps the optimiser is left out: to go on, there is the checkpoint of the running run.
        """
        if processes.rank():
            return
        for name in self.get_model_names():
            optim, sched = self._optims[name], self._scheds[name]
            if self.by_steps:
                optim = sched = None
            state = {
                "state_dict": self._models[name].state_dict(),
                "epoch": epoch + 1,
                "optimizer": optim.state_dict() if optim else None,
                "scheduler": _plain(sched.state_dict()) if sched else None,
                "val_result": None if val_result is None else float(val_result),
                "best_result": float(self.best_result),
                "record": self.record(),
            }
            save_checkpoint(
                state, osp.join(directory, name), is_best=is_best, model_name=model_name
            )

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load the learned tensors of an epoch; by default the best on validation, else the last.

        Raises:
            FileNotFoundError: if there is no such checkpoint.
            ValueError: if it is of another trainer, backbone or setting (or classes, with CSC).
        """
        if not directory:
            print("Note that load_model() is skipped as no pretrained model is given")
            return
        for name, module in self.loaded().items():
            path = checkpoint_file(osp.join(directory, name), epoch)
            checkpoint = read_checkpoint(path)
            require_same(checkpoint["record"]["model"], self.record()["model"], path)
            print(f'Loading weights to {name} from "{path}" (epoch = {checkpoint["epoch"]})')
            module.load_state_dict(checkpoint["state_dict"])

    def loaded(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint fills, by its folders: what is learned."""
        return dict(self._models)

    def resume_model_if_exist(self, directory: str) -> int:
        """Go on after the newest checkpoint in a folder; 0 if it has none.

        Raises:
            FileNotFoundError: if RESUME names a folder without a checkpoint.
            ValueError: if the checkpoint is of another run, or the installed Dassl cannot resume.
        """
        folders = [osp.join(directory, name) for name in self.get_model_names()]
        if not all(osp.exists(osp.join(folder, "checkpoint")) for folder in folders):
            if self.cfg.RESUME:
                raise FileNotFoundError(
                    f"RESUME: no checkpoint of {self.cfg.TRAINER.NAME} in {directory}"
                )
            print("No checkpoint found, train from scratch")
            return 0
        for folder in folders:
            path = checkpoint_file(folder, None)
            self.require_own(read_checkpoint(path)["record"], path)
        if not getattr(dassl, "__bundled__", False):
            raise ValueError(
                f"{directory} holds a checkpoint, and the installed Dassl resumes with a frozen "
                "learning rate; set DASSL=bundled to resume, or choose another --output-dir"
            )
        return super().resume_model_if_exist(directory)

    def has_final(self, directory: str) -> bool:
        """Whether a folder holds the checkpoints of a whole run like this one.

        Raises:
            ValueError: if they are of another run.
        """
        last = f"model.pth.tar-{self.max_epoch}"
        paths = [osp.join(directory, name, last) for name in self.get_model_names()]
        if not all(map(osp.exists, paths)):
            return False
        for path in paths:
            self.require_own(read_checkpoint(path)["record"], path)
        return True

    def checkpoint_bytes(self) -> dict[str, int]:
        """Size of each module's last checkpoint file, with optimiser state and record."""
        last = f"model.pth.tar-{self.max_epoch}"
        files = {name: osp.join(self.output_dir, name, last) for name in self.get_model_names()}
        return {name: osp.getsize(file) for name, file in files.items() if osp.exists(file)}

    def after_train(self) -> None:
        """As Dassl's, and print how large the checkpoint is."""
        super().after_train()
        sizes = [f"{name} {n / 1e3:,.1f} kB" for name, n in self.checkpoint_bytes().items()]
        print(f"# checkpoint: {', '.join(sizes)} (learned tensors, and what resuming needs)")

    def after_epoch(self) -> None:
        """As Dassl's, and always leave a checkpoint of the newest epoch behind."""
        super().after_epoch()
        newest, previous = self.epoch + 1, self.epoch
        files = [
            osp.join(self.output_dir, name, "model.pth.tar-") for name in self.get_model_names()
        ]
        if not all(osp.exists(f"{file}{newest}") for file in files):
            with contextlib.redirect_stdout(io.StringIO()):  # Dassl's log tells of kept ones only
                self.save_model(self.epoch, self.output_dir)
        keep_every = self.cfg.TRAIN.CHECKPOINT_FREQ
        if keep_every <= 0 or previous % keep_every:
            for file in files:
                with contextlib.suppress(FileNotFoundError):
                    os.remove(f"{file}{previous}")


def _plain(state: dict) -> dict:
    # an original Dassl scheduler's state holds its successor as an object, which cannot be loaded
    return {
        k: v
        for k, v in state.items()
        if isinstance(v, int | float | str | list | tuple | dict | None)
    }
