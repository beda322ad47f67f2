"""Memory that is used again from step to step.

Fresh memory is dear on a CPU: the system hands out and clears every page of it, which takes longer
than writing a result there. So what lives within one call lies in the workspace of its thread, and
what a backward pass needs in one that is lent until that is done. It takes as much as the largest
call did, until `forget`.
"""

import math
import threading
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

Take = Callable[..., Tensor]  # Workspace.take


class Workspace:
    """Tensors by name, on top of what lay there under that name before."""

    def __init__(self) -> None:
        self._memory: dict[tuple, Tensor] = {}

    def take(self, name: object, like: Tensor, *shape: int) -> Tensor:
        """A tensor (shape) with anything in it, valid until the name is taken again.

        Args:
            name: of its purpose.
            like: whose type and device it has.
        """
        size, place = math.prod(shape), (name, like.dtype, like.device)
        memory = self._memory.get(place)
        if memory is None or len(memory) < size:
            self._memory.pop(place, None)  # before there is new memory
            with torch.inference_mode(False):  # to be written to in any mode
                self._memory[place] = memory = like.new_empty(size)
        return memory[:size].view(shape)

    def numbered(self, number: int) -> "Take":
        """`take` with names of its own for each number."""
        return lambda name, like, *shape: self.take((number, name), like, *shape)


_own = threading.local()
# the lent one that came back; bounded, because threads that give back at once all find it empty
_free: deque[Workspace] = deque(maxlen=1)


def scratch() -> Workspace:
    """The workspace of this thread."""
    if not hasattr(_own, "workspace"):
        _own.workspace = Workspace()
    return _own.workspace


def lend() -> Workspace:
    """A workspace for what outlives the call."""
    try:
        return _free.pop()
    except IndexError:
        return Workspace()


def give_back(workspace: Workspace) -> None:
    """Let the next one have its memory; one is enough to keep."""
    if not _free:
        _free.append(workspace)


def forget() -> None:
    """Free this thread's workspace and the one that came back; what is lent stays."""
    _own.__dict__.clear()
    _free.clear()
