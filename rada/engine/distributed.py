"""One run in several processes: `torchrun --nproc_per_node=N train.py ...` (PyTorch's own engine).

Every process holds the whole model and sees its part of each batch; the first one alone tests,
prints and writes. A test that learns from each picture is shared out, too
(`rada.test_time.adaptation`). Without torchrun all functions here do what a single process needs:
nothing.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=12)  # the others wait while the first process tests


def world_size() -> int:
    """How many processes this run has."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


@contextmanager
def process_group() -> Iterator[None]:
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
    dist.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        with main_process_prints():
            yield
        # only where all went well: after an error the others may wait for this process forever,
        # and it is torchrun that ends them
        barrier()  # none leaves while another still asks
        dist.destroy_process_group()
    except RuntimeError as error:
        reason = str(error).strip().split("\n")[0].rstrip(".")
        if not isinstance(error, dist.DistError) and "gloo" not in reason.lower():
            raise
        raise OSError(
            f"another process of this run has died ({reason}); its own message says why; the same "
            "command goes on from the last checkpoint"
        ) from error


@contextmanager
def main_process_prints() -> Iterator[None]:
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
def main_process_first() -> Iterator[None]:
    """The first process goes through this block before all others: what it builds, they find."""
    if rank():
        barrier()
    yield
    if not rank():
        barrier()


def barrier() -> None:
    """Go on when all processes have come here."""
    if world_size() > 1:
        dist.barrier()


def broadcast(number: float) -> float:
    """The first process's number, in all of them."""
    if world_size() == 1:
        return number
    told = torch.tensor(number, dtype=torch.float64, device=_device())
    dist.broadcast(told, src=0)
    return told.item()


def all_gather(part: Tensor) -> Tensor:
    """The parts (n, ...) of all processes, in their order, (N n, ...); without gradient."""
    if world_size() == 1:
        return part
    parts = [torch.empty_like(part) for _ in range(world_size())]
    dist.all_gather(parts, part.contiguous())
    return torch.cat(parts)


def data_parallel(model: nn.Module) -> nn.Module | None:
    """A model whose gradients are the mean over all processes; None for a single process.

    Those of what requires a gradient now.
    """
    if world_size() == 1:
        return None
    devices = [torch.cuda.current_device()] if _device() == "cuda" else None
    with warnings.catch_warnings():  # its successor is missing in PyTorch 2.9
        warnings.filterwarnings("ignore", ".*broadcast_buffers", FutureWarning)
        return DistributedDataParallel(model, device_ids=devices, broadcast_buffers=False)


@contextmanager
def synchronised(network: nn.Module | None, last: bool) -> Iterator[None]:
    """Inside, a backward pass shares gradients with the other processes if it is the last.

    Args:
        network: what `data_parallel` gave.
        last: of the pieces of a batch.
    """
    if last or not isinstance(network, DistributedDataParallel):
        yield
    else:
        with network.no_sync():
            yield


def _device() -> str:
    return "cuda" if dist.get_backend() == "nccl" else "cpu"
