"""A run leaves nothing behind, and finds nothing of the one before."""

import logging
import multiprocessing
import os
import random
import sys
import time
import warnings

import numpy as np
import pytest
import torch

from dassl.utils import setup_logger
from rada.workers.isolation import isolated


def untidy(folder):
    """What a run of any kind may change."""
    os.environ["NEW"] = "1"
    os.environ.pop("HOME", None)
    os.chdir(folder)
    sys.argv[:] = ["other"]
    sys.path.insert(0, "elsewhere")
    setup_logger(str(folder))
    warnings.simplefilter("error")
    logging.disable(logging.ERROR)
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger("made.inside").setLevel(logging.DEBUG)
    torch.set_num_threads(3)
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("medium")
    torch.autograd.set_detect_anomaly(True)
    torch.backends.cudnn.benchmark = True


def state():
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "interpreter": (list(sys.argv), list(sys.path), sys.stdout, sys.stderr),
        "warnings": list(warnings.filters),
        "logging": (
            logging.root.manager.disable,
            list(logging.root.handlers),
            logging.getLogger("made.inside").level,
        ),
        "torch": (
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
            str(torch.get_default_device()),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_float32_matmul_precision(),
            torch.is_anomaly_enabled(),
            torch.backends.cudnn.benchmark,
        ),
    }


@pytest.mark.parametrize("fails", [False, True])
def test_all_is_put_back_also_after_an_error(tmp_path, fails):
    before = state()
    try:
        with isolated():
            untidy(tmp_path)
            assert state() != before
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert state() == before
    assert torch.zeros(1).device.type == "cpu" and "HOME" in os.environ


def draws():
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_random_generators_are_as_those_of_a_new_process():
    """What is drawn without a seed is not what the run before drew, nor what its seed gives."""
    seen = []
    for _ in range(2):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        with isolated():
            seen.append(draws())
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    seen.append(draws())
    assert all(len(set(numbers)) == 3 for numbers in zip(*seen, strict=True))


def test_processes_that_are_left_are_ended():
    with isolated():
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        process.start()
    assert not process.is_alive()
