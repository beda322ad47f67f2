"""Which checkpoint files a run can resume from."""

import os
import os.path as osp

from dassl.utils import load_checkpoint
from dassl.utils.checkpoints import NUMBERED


def newest_common(folders: list[str]) -> list[str]:
    """Files of the newest epoch that every folder has; empty if there is none.

    A run may be killed after it has saved one of several models. Then the epoch before counts.
    """
    found = [_by_epoch(folder) for folder in folders]
    common = set.intersection(*map(set, found)) if found else set()
    return [files[max(common)] for files in found] if common else []


def _by_epoch(folder: str) -> dict[int, str]:
    files = {}
    names = os.listdir(folder) if osp.isdir(folder) else []
    for name in names:
        if name.startswith("model") and not name.startswith(NUMBERED):  # the best, or named by hand
            path = osp.join(folder, name)
            content = load_checkpoint(path)
            epoch = content.get("epoch") if isinstance(content, dict) else None
            if isinstance(epoch, int):  # else it is somebody else's
                files[epoch] = path
    for name in names:
        epoch = name.removeprefix(NUMBERED)
        if name.startswith(NUMBERED) and epoch.isdecimal():
            files[int(epoch)] = osp.join(folder, name)
    return files
