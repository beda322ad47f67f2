"""What a checkpoint remembers of the run that made it."""

import glob
import hashlib
import os
from functools import cached_property

from rada.engine.learned import BY_STEPS
from rada.engine.records import checkpoint_file, flatten, read_checkpoint, require_same

TRAINING_ONLY = {"PREC", "OPTIM", "ALPHA", "PENALTY"}  # the same of all methods
DECISIVE = ("LOOP", "CLIP_NORM", "HOLD_OUT")  # of cfg.TRAIN, in a run by steps
# where, how fast and how tested, not what is learned
FREE = ("DATASET.ROOT", "DATALOADER.NUM_WORKERS", "DATASET.TRAINED_NAMES")
# as in runs that had no such key
UNSET = {(key, str(value)) for key, value in BY_STEPS.items()} | {("RADA.PREC", "fp32")}
LOOKED_AT = 1000  # pictures whose size is part of the fingerprint


class Recorded:
    """Mixin of `CLIPTrainer`."""

    training_only: set[str] = set()  # the method's settings that the learned tensors outlive
    learned_per_class = False  # True: the learned tensors belong to the classes of their training

    def record(self) -> dict[str, dict]:
        """What a checkpoint remembers: `model` must fit to load it, `run` too to resume it.

        Values are strings by dotted config key.
        """
        cfg = self.cfg
        nodes = flatten(cfg.TRAINER, "TRAINER.")
        outlived = TRAINING_ONLY | self.training_only
        model = {k: v for k, v in nodes.items() if not outlived & set(k.split("."))}
        model["MODEL.BACKBONE.NAME"] = os.path.basename(cfg.MODEL.BACKBONE.NAME)
        if "REHEARSAL" in cfg:
            model["rehearsal"] = "yes"
        classes = ", ".join(self.dm.dataset.classnames)
        if self.learned_per_class:
            model["classes"] = classes
        run = {"SEED": str(cfg.SEED), "classes": classes, **nodes}
        for name in ("OPTIM", "INPUT", "DATASET", "DATALOADER"):
            run |= flatten(cfg[name], f"{name}.")
        for free in FREE:
            run.pop(free, None)
        run = {k: v for k, v in run.items() if not is_unset(k, v)}
        if self.by_steps or cfg.TRAIN.CLIP_NORM > 0:
            run |= {f"TRAIN.{key}": str(cfg.TRAIN[key]) for key in DECISIVE}
        if self.by_steps:
            run["training pictures"] = self.fingerprint
        return {"model": model, "run": run}

    @cached_property
    def fingerprint(self) -> str:
        """Of the training pictures: labels, paths, and the sizes in bytes of some of the files."""
        items, digest = self.dm.dataset.train_x, hashlib.sha256()
        root = os.path.abspath(os.path.expanduser(self.cfg.DATASET.ROOT)) + os.sep
        for item in items:  # a million of them: no more than this for each
            digest.update(f"{item.label} {item.impath.removeprefix(root)}\n".encode())
        for item in items[:: -(-len(items) // LOOKED_AT)]:
            digest.update(f"{os.path.getsize(item.impath)}\n".encode())
        return f"{len(items)} of digest {digest.hexdigest()[:16]}"

    def require_own_folder(self, directory: str) -> None:
        """Raise ValueError if a folder holds a checkpoint of another run."""
        for file in glob.glob(os.path.join(glob.escape(directory), "*", "checkpoint")):
            path = checkpoint_file(os.path.dirname(file), None)
            self.require_own(read_checkpoint(path)["record"], path)

    def require_own(self, found: dict[str, dict], path: str) -> None:
        """Raise ValueError if the record of a checkpoint is of another run."""
        wanted = self.record()
        require_same(found["model"] | found["run"], wanted["model"] | wanted["run"], path)


def is_unset(key: str, value: str) -> bool:
    """Whether a setting is what it was before there was such a key."""
    return any(key.endswith(f".{name}") and value == default for name, default in UNSET)
