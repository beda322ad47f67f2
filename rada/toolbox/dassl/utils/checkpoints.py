"""Checkpoints: plain types and tensors only, written whole, with the random state.

A folder per model holds `model.pth.tar-<epoch>`, `model-best.pth.tar` and `checkpoint`, the name of
the file written last.
"""

import os.path as osp
import re
import shutil
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from dassl.utils.files import mkdir_if_missing, written_whole
from dassl.utils.random_state import get_random_state, set_random_state

BEST = "model-best.pth.tar"
NUMBERED = "model.pth.tar-"


def save_checkpoint(
    state: dict,
    save_dir: str,
    is_best: bool = False,
    remove_module_from_keys: bool = True,
    model_name: str = "",
) -> None:
    """Write a checkpoint and make `checkpoint` point to it.

    Args:
        state: "state_dict", "epoch" and whatever else is to be kept; "rng" is added.
        is_best: also copy it to model-best.pth.tar.
        remove_module_from_keys: drop the "module." that DataParallel puts before names.
        model_name: file name instead of model.pth.tar-<epoch>.

    Raises:
        TypeError: if the state holds an object that `torch.load(weights_only=True)` would refuse.
        OSError: if it cannot be written; the former file is then untouched.
    """
    mkdir_if_missing(save_dir)
    state = {"rng": get_random_state(), **plain(state)}
    if remove_module_from_keys:
        weights = state["state_dict"]
        state["state_dict"] = {k.removeprefix("module."): v for k, v in weights.items()}
    fpath = osp.join(save_dir, model_name or f"{NUMBERED}{state['epoch']}")
    try:
        with written_whole(fpath) as file:
            torch.save(state, file)
        print(f"Checkpoint saved to {fpath}")
        with written_whole(osp.join(save_dir, "checkpoint"), "w") as file:
            file.write(f"{osp.basename(fpath)}\n")
        if is_best:
            best = osp.join(save_dir, BEST)
            with open(fpath, "rb") as source, written_whole(best) as copy:
                shutil.copyfileobj(source, copy)
            print(f'Best checkpoint saved to "{best}"')
    except (OSError, RuntimeError) as error:  # torch.save wraps a full disk in RuntimeError
        raise OSError(f"cannot save {fpath}: {error}; is the disk full or read-only?") from error


def load_checkpoint(fpath: str) -> dict:
    """Read a checkpoint, tensors on the CPU, without running code that it may hold.

    Raises:
        ValueError: if there is no path, or the file is damaged or holds more than plain types.
        FileNotFoundError: if there is no file.
    """
    if fpath is None:
        raise ValueError("File path is None")
    if not osp.exists(fpath):
        raise FileNotFoundError(f'File is not found at "{fpath}"')
    try:
        return torch.load(fpath, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise anything
        print(f'Unable to load checkpoint from "{fpath}"')
        found = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it holds a {found[1]}" if found else str(error).split("\n")[0]
        raise ValueError(f"{fpath} cannot be read ({reason}); delete it or train again") from error


def resume_from_checkpoint(
    fdir: str, model: nn.Module, optimizer: Optimizer | None = None, scheduler: Any = None
) -> int:
    """Go on from the file that `checkpoint` in a folder points to.

    Restores weights, optimiser, scheduler and random state.

    Returns:
        Number of epochs done, the (zero-based) epoch to start with.
    """
    with open(osp.join(fdir, "checkpoint")) as file:
        fpath = osp.join(fdir, file.readline().strip("\n"))
    return restore(fpath, model, optimizer, scheduler)["epoch"]


def restore(fpath: str, model: nn.Module, optimizer: Optimizer | None, scheduler: Any) -> dict:
    """What `resume_from_checkpoint` does with a file; returns the checkpoint."""
    print(f'Loading checkpoint from "{fpath}"')
    checkpoint = load_checkpoint(fpath)
    model.load_state_dict(checkpoint["state_dict"])
    print("Loaded model weights")
    if optimizer is not None and checkpoint.get("optimizer") is not None:
        optimizer.load_state_dict(checkpoint["optimizer"])
        print("Loaded optimizer")
    if scheduler is not None and checkpoint.get("scheduler") is not None:
        scheduler.load_state_dict(checkpoint["scheduler"])
        print("Loaded scheduler")
    if "rng" in checkpoint:
        set_random_state(checkpoint["rng"])
    print(f"Previous epoch: {checkpoint['epoch']}")
    return checkpoint


def plain(value: Any, where: str = "state") -> Any:
    """A copy with dicts, lists, tuples and Python numbers in place of their relatives.

    Raises:
        TypeError: for an object that is none of these, a string, None or a tensor; names it.
    """
    if isinstance(value, nn.Parameter):
        return value.detach()
    if isinstance(value, np.generic):  # first: np.float64 is a float
        return value.item()
    if value is None or isinstance(value, str | int | float | torch.Tensor | torch.dtype):
        return value
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, Mapping):
        return {k: plain(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        items = [plain(v, f"{where}.{i}") for i, v in enumerate(value)]
        return tuple(items) if isinstance(value, tuple) else items
    raise TypeError(f"a checkpoint cannot hold {where}: {type(value).__name__} is no plain type")
