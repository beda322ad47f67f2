"""What a checkpoint remembers of its run, found and compared."""

import os.path as osp
import pickle

from yacs.config import CfgNode

from dassl.utils import load_checkpoint


def checkpoint_file(folder: str, epoch: int | None) -> str:
    """Path of an epoch's checkpoint; with None the best on validation, else the last."""
    if epoch is not None:
        name = f"model.pth.tar-{epoch}"
    elif osp.exists(osp.join(folder, "model-best.pth.tar")):
        name = "model-best.pth.tar"
    elif osp.exists(osp.join(folder, "checkpoint")):
        with open(osp.join(folder, "checkpoint")) as file:
            name = file.readline().strip()
    else:
        name = "model.pth.tar-*"
    path = osp.join(folder, name)
    if not osp.exists(path):
        raise FileNotFoundError(
            f'Model not found at "{path}"; train it first or correct --model-dir'
        )
    return path


def read_checkpoint(path: str) -> dict:
    """Read a checkpoint of these trainers.

    Raises:
        ValueError: if it is damaged or was made by other code.
    """
    try:
        checkpoint = load_checkpoint(path)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} cannot be read ({reason}); delete it or train again") from error
    if "record" not in checkpoint:
        raise ValueError(f"{path} does not say what it was trained as; train it with this code")
    return checkpoint


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
    flat = {}
    for key, value in node.items():
        flat |= (
            flatten(value, f"{prefix}{key}.")
            if isinstance(value, CfgNode)
            else {prefix + key: str(value)}
        )
    return flat
