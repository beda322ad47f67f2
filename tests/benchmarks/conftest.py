"""Benchmarks set the threads of PyTorch; the other tests have one."""

import pytest
import torch


@pytest.fixture(autouse=True)
def threads_as_before():
    """One thread again behind each test."""
    yield
    torch.set_num_threads(1)
