"""Nothing of a run stays in its process: what one changes is put back before the next.

So a run that is the hundredth in its process has the numbers of one that is alone in it.
"""

import contextlib
import gc
import logging
import multiprocessing
import os
import random
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

STREAMS = ("stdin", "stdout", "stderr")


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """Inside, a process is as it was when it was new; afterwards it is as it was before.

    That is: environment, folder, arguments, import path, streams, warnings, logging, random
    generators, the global modes of PyTorch, and processes that were started and left.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for restored in (_environment, _interpreter, _logging, _pytorch, _left_over):
            stack.enter_context(restored())
        _randomise()
        yield


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before, folder = dict(os.environ), os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _interpreter() -> Iterator[None]:
    streams = {name: getattr(sys, name) for name in STREAMS}
    argv, path = list(sys.argv), list(sys.path)
    try:
        yield
    finally:
        for name, stream in streams.items():
            log = getattr(getattr(sys, name), "file", None)  # of Dassl's logger
            setattr(sys, name, stream)
            if log is not None:
                log.close()
        sys.argv[:], sys.path[:] = argv, path


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    def now() -> dict[logging.Logger, tuple]:
        known = logging.root.manager.loggerDict.values()
        loggers = [logging.root, *(each for each in known if isinstance(each, logging.Logger))]
        return {
            each: (list(each.handlers), each.level, each.disabled, each.propagate)
            for each in loggers
        }

    before, disabled = now(), logging.root.manager.disable
    try:
        yield
    finally:
        logging.disable(disabled)
        for logger in now():
            state = before.get(logger, ([], logging.NOTSET, False, True))
            handlers, level, logger.disabled, logger.propagate = state
            logger.handlers[:] = handlers
            logger.setLevel(level)


@contextlib.contextmanager
def _pytorch() -> Iterator[None]:
    torch = sys.modules.get("torch")
    if torch is None:  # it comes with the first run, and as it comes
        yield
        return
    before = _modes(torch)
    try:
        yield
    finally:
        _set_modes(torch, before)
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def _modes(torch: ModuleType) -> dict[str, Any]:
    cudnn = torch.backends.cudnn
    return {
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "matmul": torch.get_float32_matmul_precision(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "anomalies": torch.is_anomaly_enabled(),
        "sharing": torch.multiprocessing.get_sharing_strategy(),
        "cudnn": (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32),
    }


def _set_modes(torch: ModuleType, modes: dict[str, Any]) -> None:
    cudnn = torch.backends.cudnn
    if torch.get_num_threads() != modes["threads"]:
        torch.set_num_threads(modes["threads"])
    torch.set_grad_enabled(modes["gradients"])
    torch.set_default_dtype(modes["dtype"])
    if torch.get_default_device() != modes["device"]:
        torch.set_default_device(modes["device"])
    torch.set_float32_matmul_precision(modes["matmul"])
    torch.use_deterministic_algorithms(modes["deterministic"], warn_only=modes["warn_only"])
    torch.autograd.set_detect_anomaly(modes["anomalies"])
    torch.multiprocessing.set_sharing_strategy(modes["sharing"])
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = modes["cudnn"]


@contextlib.contextmanager
def _left_over() -> Iterator[None]:
    before = set(multiprocessing.active_children())
    try:
        yield
    finally:
        gc.collect()  # a loader's processes end with it
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
            process.join()


def _randomise() -> None:
    """As in a new process: what is drawn without a seed is another each time."""
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.seed()
