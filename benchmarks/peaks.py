"""Peak memory of what a process does."""

import contextlib
import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path

import torch

from rada.head.workspace import forget


def added_bytes(call: Callable[[], object], cuda: bool, times: int = 2) -> int:
    """The peak of memory during calls, above what was held before: of the process on a CPU.

    Two of a training step: what the first one leaves, gradients and optimiser states, is there in
    all others. The memory that the RAda head uses again from step to step is counted, too.
    """
    forget()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
        before, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated
    else:
        forget_building()
        before, peak = resident_peak_bytes(), resident_peak_bytes
    for _ in range(times):
        call()
    return peak() - before


def forget_building() -> None:
    """Give free memory back to the system and let the resident peak start from here (Linux)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # glibc's; else steps fill what is free
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):  # not every system lets a process do this
        Path("/proc/self/clear_refs").write_text("5")


def resident_peak_bytes() -> int:
    """The highest resident memory of this process so far (Linux)."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
