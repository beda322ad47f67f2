"""Checkpoints: of learned tensors at an epoch's end, and of a run between two steps.

Folders and file names are Dassl's (`<output>/<name>/model.pth.tar-<epoch>`, `checkpoint`). Each
checkpoint also holds metadata of its run; one that does not fit is an error, never a silent
retrain. After every epoch the newest checkpoint replaces the one before, so that a killed run
resumes where it was. By steps, `<output>/running.pth.tar` holds all that going on from a step
needs: one file for all modules, replaced as a whole, and removed when the final checkpoints are
written.
"""

import contextlib
import glob
import io
import os
import os.path as osp
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import torch
from yacs.config import CfgNode

import dassl
from dassl.utils import save_checkpoint
from rada.engine import distributed
from rada.engine.checkpoint_content import (
    BETWEEN_STEPS,
    REMEDY,
    Like,
    load_optimiser,
    load_schedule,
    load_tensors,
    naming,
    read_checkpoint,
)
from rada.files import replacing, require_regular, sha256
from rada.kinds import shown
from rada.records import part
from rada.settings import BY_STEPS, defaults
from rada.settings.table import dotted


def checkpoint_file(folder: str, epoch: int | None) -> str:
    """Path of an epoch's checkpoint; with None the best on validation, else the last."""
    if epoch is not None:
        name = f"model.pth.tar-{epoch}"
    elif osp.exists(osp.join(folder, "model-best.pth.tar")):
        name = "model-best.pth.tar"
    elif osp.lexists(osp.join(folder, "checkpoint")):
        name = pointed_to(osp.join(folder, "checkpoint"))
    else:
        name = "model.pth.tar-*"
    path = osp.join(folder, name)
    if not osp.exists(path):
        raise FileNotFoundError(
            f'Model not found at "{path}"; train it first or correct --model-dir'
        )
    return path


def pointed_to(path: str) -> str:
    """The name of a file beside it, in a file; raises ValueError if it is none."""
    require_regular(path)
    with open(path, encoding="utf-8", errors="replace") as file:
        name = file.readline(1000).strip()
    if not name.isprintable() or osp.basename(name) != name or name in ("", ".", ".."):
        raise ValueError(f"{path} names no file beside it: {shown(name)}; delete it or train again")
    return name


def require_same(
    found: dict[str, str], wanted: dict[str, str], path: str, how: str = "trained"
) -> None:
    """Raise ValueError naming the first setting in which a file differs from this run."""
    for key in sorted(found.keys() | wanted.keys()):
        was, now = found.get(key, "nothing"), wanted.get(key, "nothing")
        if was != now:
            raise ValueError(
                f"{path} was {how} with {key} = {was}, this run has {now}; "
                "use the same setting or another folder"
            )


def flatten(node: CfgNode, prefix: str = "") -> dict[str, str]:
    """Dotted keys and values, as strings, of a config node."""
    return {key: str(value) for key, value in dotted(node, prefix)}


TRAINING_ONLY = {"PREC", "OPTIM", "ALPHA", "PENALTY", "FORM"}  # the same of all methods
DECISIVE = ("LOOP", "CLIP_NORM", "HOLD_OUT")  # of cfg.TRAIN, in a run by steps
# where, how fast and how tested, not what is learned
FREE = ("DATASET.ROOT", "DATALOADER.NUM_WORKERS")
FREE += ("DATASET.TRAINED_NAMES", "DATASET.SHOTS_AT_TEST")
# as in runs that had no such key
UNSET = {(key, str(value)) for key, value in defaults(BY_STEPS).items()} | {
    ("RADA.PREC", "fp32"),
    ("RADA.FORM", "auto"),
}
LOOKED_AT = 1000  # pictures whose size is part of the fingerprint


class Checkpoints:
    """Saves, loads and resumes a trainer; knows nothing of its loop.

    Args:
        trainer: a `CLIPTrainer`.
    """

    def __init__(self, trainer):
        self.trainer = trainer

    def metadata(self) -> dict[str, dict]:
        """What a checkpoint remembers: `model` must fit to load it, `run` too to resume it.

        Values are strings by dotted config key.
        """
        trainer, cfg = self.trainer, self.trainer.cfg
        nodes = flatten(cfg.TRAINER, "TRAINER.")
        outlived = TRAINING_ONLY | trainer.training_only
        model = {k: v for k, v in nodes.items() if not outlived & set(k.split("."))}
        model["MODEL.BACKBONE.NAME"] = os.path.basename(cfg.MODEL.BACKBONE.NAME)
        if "REHEARSAL" in cfg:
            model["rehearsal"] = "yes"
        model |= trainer.trained_as()
        model = {key: value for key, value in model.items() if value is not None}
        classes = ", ".join(trainer.dm.dataset.classnames)
        if trainer.learned_per_class:
            model["classes"] = classes
        run = {"SEED": str(cfg.SEED), "classes": classes, **nodes}
        for name in ("OPTIM", "INPUT", "DATASET", "DATALOADER"):
            run |= flatten(cfg[name], f"{name}.")
        for free in FREE:
            run.pop(free, None)
        run = {k: v for k, v in run.items() if not is_unset(k, v)}
        by_steps = cfg.TRAIN.LOOP == "steps"
        if by_steps or cfg.TRAIN.CLIP_NORM > 0:
            run |= {f"TRAIN.{key}": str(cfg.TRAIN[key]) for key in DECISIVE}
        if by_steps and not cfg.DATASET.get("EVAL_ONLY", False):
            run["training pictures"] = self.fingerprint
        if trainer.features.active:  # a training on features goes on with features, loads anywhere
            views = cfg.FEATURES.AUGMENTATIONS
            run["FEATURES.CACHE"] = f"True with AUGMENTATIONS {views}"
        return {"model": model, "run": run}

    @cached_property
    def fingerprint(self) -> str:
        """Of the training pictures: labels, paths, and the sizes in bytes of some of the files."""
        items = self.trainer.dm.dataset.train_x
        root = os.path.abspath(os.path.expanduser(self.trainer.cfg.DATASET.ROOT)) + os.sep
        # a million of them: no more than this for each
        names = (f"{item.label} {item.impath.removeprefix(root)}\n" for item in items)
        some = items[:: -(-len(items) // LOOKED_AT)]
        sizes = (f"{os.path.getsize(item.impath)}\n" for item in some)
        return f"{len(items)} of digest {sha256([*names, *sizes])[:16]}"

    def require_own_folder(self, directory: str) -> None:
        """Raise ValueError if a folder holds a checkpoint of another run."""
        for file in glob.glob(os.path.join(glob.escape(directory), "*", "checkpoint")):
            path = checkpoint_file(os.path.dirname(file), None)
            self.require_own(read_checkpoint(path)["record"], path)

    def require_own(self, found: dict[str, dict], path: str) -> None:
        """Raise ValueError if the metadata of a checkpoint is of another run."""
        wanted = self.metadata()
        require_same(found["model"] | found["run"], wanted["model"] | wanted["run"], path)

    def folders(self, directory: str) -> dict[str, str]:
        """Where the checkpoints of each learned module lie below an output folder."""
        return {name: osp.join(directory, name) for name in self.trainer.get_model_names()}

    def save(
        self,
        epoch: int,
        directory: str,
        is_best: bool = False,
        val_result: float | None = None,
        model_name: str = "",
    ) -> None:
        """As Dassl's `save_model`, with metadata; plain types only, so that weights_only loads it.

        By steps the optimiser is left out: to go on, there is the resume checkpoint. Of several
        processes the first one saves.
        """
        trainer = self.trainer
        if distributed.rank():
            return
        for name, folder in self.folders(directory).items():
            optim, sched = trainer._optims[name], trainer._scheds[name]
            if trainer.cfg.TRAIN.LOOP == "steps":
                optim = sched = None
            state = {
                "state_dict": trainer._models[name].state_dict(),
                "epoch": epoch + 1,
                "optimizer": optim.state_dict() if optim else None,
                "scheduler": _plain(sched.state_dict()) if sched else None,
                "val_result": None if val_result is None else float(val_result),
                "best_result": float(trainer.best_result),
                "record": self.metadata(),
            }
            save_checkpoint(state, folder, is_best=is_best, model_name=model_name)

    def load(self, directory: str, epoch: int | None = None) -> None:
        """Load the learned tensors of an epoch; by default the best on validation, else the last.

        Raises:
            FileNotFoundError: if there is no such checkpoint.
            ValueError: if it is of another trainer, backbone or setting (or classes, with CSC), or
                no folder is given though there is something to learn.
        """
        trainer = self.trainer
        if not directory and trainer.loaded() and not trainer.adapts:
            raise ValueError(
                f"{trainer.cfg.TRAINER.NAME} has learned nothing that could be tested; give the "
                "folder of its training: --model-dir"
            )
        if not directory:
            print("Note that load_model() is skipped as no pretrained model is given")
            return
        for name, module in trainer.loaded().items():
            path = checkpoint_file(osp.join(directory, name), epoch)
            checkpoint = read_checkpoint(path)
            require_same(checkpoint["record"]["model"], self.metadata()["model"], path)
            print(f'Loading weights to {name} from "{path}" (epoch = {checkpoint["epoch"]})')
            load_tensors(module, checkpoint["state_dict"], path)

    def resume(self, directory: str, toolbox: Callable[[str], int]) -> int:
        """Go on after the newest checkpoint in a folder; 0 if it has none.

        Args:
            directory: an output folder.
            toolbox: Dassl's `resume_model_if_exist`.

        Raises:
            FileNotFoundError: if RESUME names a folder without a checkpoint.
            ValueError: if the checkpoint is of another run, or the installed Dassl cannot resume.
        """
        cfg, folders = self.trainer.cfg, self.folders(directory).values()
        if not all(osp.lexists(osp.join(folder, "checkpoint")) for folder in folders):
            if cfg.RESUME:
                raise FileNotFoundError(
                    f"RESUME: no checkpoint of {cfg.TRAINER.NAME} in {directory}"
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
        from dassl.engine.checkpoint_files import newest_common  # of the bundled one alone

        for name, path in zip(self.folders(directory), newest_common([*folders]), strict=False):
            self.require_resumable(name, path)
        return toolbox(directory)

    def require_resumable(self, name: str, path: str) -> None:
        """Raise ValueError unless all that a file holds fits a module and what trains it."""
        from dassl.utils.random_state import set_random_state  # of the bundled one alone

        trainer, content = self.trainer, read_checkpoint(path)
        self.require_own(content["record"], path)
        numbered = osp.basename(path).removeprefix("model.pth.tar-")
        if content["epoch"] > trainer.max_epoch or numbered not in (
            str(content["epoch"]),
            osp.basename(path),
        ):
            raise ValueError(
                f"{path}: its epoch is {content['epoch']} of {trainer.max_epoch}; {REMEDY}"
            )
        load_tensors(trainer._models[name], content["state_dict"], path)
        optim, sched = trainer._optims[name], trainer._scheds[name]
        with naming(path):
            if content.get("optimizer") is not None:
                load_optimiser(optim, content["optimizer"])
            if content.get("scheduler") is not None:
                load_schedule(sched, content["scheduler"])
            if "rng" in content:
                set_random_state(content["rng"])

    def has_final(self, directory: str) -> bool:
        """Whether a folder holds the checkpoints of a whole run like this one.

        Raises:
            ValueError: if they are of another run.
        """
        last = f"model.pth.tar-{self.trainer.max_epoch}"
        paths = [osp.join(folder, last) for folder in self.folders(directory).values()]
        if not all(map(osp.exists, paths)):
            return False
        for path in paths:
            self.require_own(read_checkpoint(path)["record"], path)
        return True

    def keep_newest(self) -> None:
        """Leave a checkpoint of the newest epoch behind, in the place of the one before."""
        trainer = self.trainer
        newest, previous = trainer.epoch + 1, trainer.epoch
        folders = self.folders(trainer.output_dir).values()
        files = [osp.join(folder, "model.pth.tar-") for folder in folders]
        if not all(osp.exists(f"{file}{newest}") for file in files):
            with contextlib.redirect_stdout(io.StringIO()):  # Dassl's log tells of kept ones only
                trainer.save_model(trainer.epoch, trainer.output_dir)
        keep_every = trainer.cfg.TRAIN.CHECKPOINT_FREQ
        if keep_every <= 0 or previous % keep_every:
            for file in files:
                with contextlib.suppress(FileNotFoundError):
                    os.remove(f"{file}{previous}")

    def sizes(self) -> dict[str, int]:
        """Bytes of each module's last checkpoint file, with optimiser state and metadata."""
        last = f"model.pth.tar-{self.trainer.max_epoch}"
        folders = self.folders(self.trainer.output_dir).items()
        files = {name: osp.join(folder, last) for name, folder in folders}
        return {name: osp.getsize(file) for name, file in files.items() if osp.exists(file)}


def is_unset(key: str, value: str) -> bool:
    """Whether a setting is what it was before there was such a key."""
    return any(key.endswith(f".{name}") and value == default for name, default in UNSET)


RUNNING = "running.pth.tar"


class ResumeCheckpoint:
    """Saves and restores a trainer between two steps.

    Args:
        trainer: by TRAIN.SAVE_STEPS and TRAIN.SAVE_MINUTES it is saved now and then.
    """

    def __init__(self, trainer):
        self.trainer, train = trainer, trainer.cfg.TRAIN
        self.path = Path(trainer.output_dir, RUNNING)
        self.steps, self.seconds = train.SAVE_STEPS, 60 * train.SAVE_MINUTES
        self.saved = time.monotonic()

    def save_if_due(self, epoch: int, batch: int, step: int) -> None:
        """Save if so many steps or minutes have gone by.

        Args:
            epoch: that is running, from 0.
            batch: batches of it that are done.
            step: steps of the whole run that are done.
        """
        by_step = self.steps > 0 and step % self.steps == 0
        by_time = self.seconds > 0 and time.monotonic() - self.saved >= self.seconds
        if by_step or by_time:
            self.save(epoch, batch)

    def save(self, epoch: int, batch: int) -> None:
        """Save what the next step, batch `batch` of an epoch, needs.

        Raises:
            FloatingPointError: if a learned tensor is not finite; nothing is then written.
            OSError: if the file cannot be written; the one before is then kept.
        """
        trainer = self.trainer
        require_finite(trainer, self.path)
        state = {
            "epoch": epoch,
            "batch": batch,
            "best_result": float(trainer.best_result),
            "seconds": trainer.seconds_before + time.time() - trainer.time_start,
            "scaler": trainer.scaler.state_dict(),
            "record": trainer.checkpoints.metadata(),
            "models": {n: m.state_dict() for n, m in trainer._models.items()},
            "optims": {n: o.state_dict() for n, o in trainer._optims.items() if o},
            "scheds": {n: s.state_dict() for n, s in trainer._scheds.items() if s},
        }
        os.makedirs(self.path.parent, exist_ok=True)
        with replacing(self.path) as file:
            torch.save(state, file)
        self.saved = time.monotonic()

    def restore(self, directory: str) -> tuple[int, int]:
        """Put the trainer into the state saved in a folder.

        Returns:
            The epoch to go on in, from 0, and how many batches of it are done.

        Raises:
            ValueError: if the file is damaged, or of another run.
        """
        path = os.path.join(directory, RUNNING)
        trainer, state = self.trainer, read_checkpoint(path, BETWEEN_STEPS)
        trainer.checkpoints.require_own(state["record"], path)
        self.require_place(state["epoch"], state["batch"], path)
        for name, module in trainer._models.items():
            load_tensors(module, state["models"].get(name, {}), path)
        with naming(path):
            for name, optim in trainer._optims.items():
                if optim:
                    load_optimiser(optim, state["optims"][name])
            for name, sched in trainer._scheds.items():
                if sched:
                    load_schedule(sched, state["scheds"][name])
            if state["scaler"]:
                part(Like(trainer.scaler.state_dict()), state["scaler"], "its gradient scaler")
                trainer.scaler.load_state_dict(state["scaler"])
        trainer.best_result, trainer.seconds_before = state["best_result"], state["seconds"]
        return state["epoch"], state["batch"]

    def require_place(self, epoch: int, batch: int, path: str) -> None:
        """Raise ValueError for a place that this training does not come to."""
        epochs, batches = self.trainer.max_epoch, len(self.trainer.train_loader_x)
        if epoch > epochs or batch >= max(1, batches):
            raise ValueError(
                f"{path}: batch {batch} of epoch {epoch}, where there are {batches} batches and "
                f"{epochs} epochs; {REMEDY}"
            )

    def remove(self) -> None:
        """Remove the file: the run has its final checkpoints."""
        self.path.unlink(missing_ok=True)


def require_finite(trainer, path: Path) -> None:
    """Raise FloatingPointError, naming it, if a learned tensor holds NaN or infinity."""
    for module in trainer._models.values():
        for name, parameter in module.named_parameters():
            if not parameter.isfinite().all():
                kept = f"; the last good checkpoint is {path}" if path.exists() else ""
                raise FloatingPointError(
                    f"learned tensor {name} is not finite after epoch {trainer.epoch + 1}, batch "
                    f"{trainer.batch_idx + 1}: lower OPTIM.LR or set TRAIN.CLIP_NORM{kept}"
                )


def _plain(state: dict) -> dict:
    # an original Dassl scheduler's state holds its successor as an object, which cannot be loaded
    return {
        k: v
        for k, v in state.items()
        if isinstance(v, int | float | str | list | tuple | dict | None)
    }
