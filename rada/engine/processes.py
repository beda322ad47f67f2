"""One run in several processes: `torchrun --nproc_per_node=N train.py ...` (PyTorch's own engine).

Every process holds the whole model and sees its part of each batch; the first one alone tests,
prints and writes. A test that learns from each picture is shared out, too
(`rada.test_time.long_test`). Without torchrun all functions here do what a single process needs:
nothing.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import Tensor, distributed

PATIENCE = timedelta(hours=12)  # the others wait while the first process tests


def count() -> int:
    """How many processes this run has."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


@contextmanager
def joined() -> Iterator[None]:
    """Inside, the processes that torchrun started know each other; only the first one prints.

    Raises:
        OSError: if another one has died.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        with printing_first_only():
            yield
        # only where all went well: after an error the others may wait for this process forever,
        # and it is torchrun that ends them
        wait()  # none leaves while another still asks
        distributed.destroy_process_group()
    except RuntimeError as error:
        reason = str(error).strip().split("\n")[0].rstrip(".")
        if not isinstance(error, distributed.DistError) and "gloo" not in reason.lower():
            raise
        raise OSError(
            f"another process of this run has died ({reason}); its own message says why; the same "
            "command goes on from the last checkpoint"
        ) from error


@contextmanager
def printing_first_only() -> Iterator[None]:
    """Inside, only the first process prints; errors go to stderr from all of them."""
    if not rank():
        yield
        return
    printed = sys.stdout
    with open(os.devnull, "w") as sys.stdout:
        try:
            yield
        finally:
            sys.stdout = printed


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process goes through this block before all others: what it builds, they find."""
    if rank():
        wait()
    yield
    if not rank():
        wait()


def wait() -> None:
    """Go on when all processes have come here."""
    if count() > 1:
        distributed.barrier()


def told_by_first(number: float) -> float:
    """The first process's number, in all of them."""
    if count() == 1:
        return number
    told = torch.tensor(number, dtype=torch.float64, device=_device())
    distributed.broadcast(told, src=0)
    return told.item()


def gathered(part: Tensor) -> Tensor:
    """The parts (n, ...) of all processes, in their order, (N n, ...); without gradient."""
    if count() == 1:
        return part
    parts = [torch.empty_like(part) for _ in range(count())]
    distributed.all_gather(parts, part.contiguous())
    return torch.cat(parts)


def _device() -> str:
    return "cuda" if distributed.get_backend() == "nccl" else "cpu"
