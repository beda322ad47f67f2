"""Processes of their own, and how they run out of memory."""

import resource

import pytest
import torch

from benchmarks.fresh import fresh
from benchmarks.head_case import Case
from benchmarks.limits import limited_memory


def test_memory_of_a_step_is_measured_in_a_fresh_process():
    assert 0 < Case("test", 20, 2).peak_bytes("auto", threads=1) < 100e6


def test_a_process_without_memory_says_so():
    with limited_memory(0.5), pytest.raises(MemoryError, match="can't allocate memory"):
        fresh("head_case", "dense", "test", 3000, 40, 1)


def test_another_failure_tells_its_last_line():
    with pytest.raises(RuntimeError, match="KeyError: 'no such head'"):
        fresh("head_case", "no such head", "test", 5, 1, 1)


def test_a_limit_ends_with_its_block():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with limited_memory(0.2), pytest.raises(RuntimeError, match="can't allocate memory"):
        torch.empty(2 * 10**8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    torch.empty(2 * 10**8)
