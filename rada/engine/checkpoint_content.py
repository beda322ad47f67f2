"""What a checkpoint file holds, by kind, and how it enters modules, optimisers and schedules.

Whatever a file holds, reading it ends in content that fits, or in one line that names the file.
"""

import math
import os
import pickle
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dassl.utils import load_checkpoint
from rada.files import require_regular
from rada.kinds import Anything, Kind, Number, Text, Whole, shown
from rada.records import ListOf, MapOf, OrNone, Record, checked, part

CLASSES = "_extra_state"  # as PyTorch calls what a module keeps beside its tensors
REMEDY = "delete it or train again"
FREE = ("lr", "initial_lr")  # what a schedule changes of an optimiser's settings


class DenseTensor(Kind):
    """A tensor whose numbers lie in memory one by one."""

    def taken(self, value: Any) -> Tensor:
        if not isinstance(value, Tensor) or value.layout != torch.strided:
            raise ValueError
        if value.is_quantized or value.is_nested or value.device.type != "cpu":
            raise ValueError
        if value.is_floating_point() and value.itemsize < 2:  # float8: little can be done with it
            raise ValueError
        return value

    def words(self) -> str:
        return "a tensor"


class Best(Kind):
    """The best result so far, percent; minus infinity before the first."""

    def taken(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not value < math.inf:
            raise ValueError
        return float(value)

    def words(self) -> str:
        return "a number"


class StateDict(Kind):
    """Tensors by name; beside those of one row a class, the names of the classes."""

    def taken(self, value: Any) -> dict:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise ValueError
        return {
            name: part(ListOf(Text()) if name.endswith(CLASSES) else DenseTensor(), each, name)
            for name, each in value.items()
        }

    def words(self) -> str:
        return "a mapping to a tensor each"


TENSORS = StateDict()
MADE_WITH = Record({"model": MapOf(Text()), "run": MapOf(Text())})
STATE = OrNone(Record({}))  # of an optimiser or schedule: what fits is decided by theirs
START = Record({"state_dict": TENSORS, "record": MADE_WITH})
EPOCH_END = Record(
    {"state_dict": TENSORS, "record": MADE_WITH, "epoch": Whole(least=1)},
    {"optimizer": STATE, "scheduler": STATE, "best_result": OrNone(Best()), "rng": Record({})},
)
BETWEEN_STEPS = Record(
    {
        "record": MADE_WITH,
        "epoch": Whole(least=0),
        "batch": Whole(least=0),
        "best_result": Best(),
        "seconds": Number(least=0),
        "scaler": Record({}),
        "models": MapOf(TENSORS),
        "optims": MapOf(Record({})),
        "scheds": MapOf(Record({})),
    }
)


def read_checkpoint(path: str, kind: Record = EPOCH_END) -> dict:
    """Read a checkpoint of these trainers.

    Args:
        path: of the file.
        kind: what it has to hold.

    Raises:
        ValueError: if it is damaged or was made by other code.
        FileNotFoundError: if there is none.
    """
    require_regular(path)
    if not os.path.getsize(path):
        raise ValueError(f"{path} is empty; {REMEDY}")
    try:
        checkpoint = load_checkpoint(path)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path} cannot be read ({first_line(error)}); {REMEDY}") from error
    if isinstance(checkpoint, dict) and "record" not in checkpoint:
        raise ValueError(f"{path} does not say what it was trained as; train it with this code")
    return checked(kind, checkpoint, path, REMEDY)


def load_tensors(module: nn.Module, tensors: Mapping[str, Tensor], path: str) -> None:
    """Put the tensors of a file into a module.

    Raises:
        ValueError: if one is missing, of no use, of another shape, or not finite.
    """
    wanted = module.state_dict()
    for name in sorted(wanted.keys() | tensors.keys()):
        if name.endswith(CLASSES):
            continue
        rows = tensors.get(f"{name.rpartition('.')[0]}.{CLASSES}".lstrip("."))
        if complaint := misfit(tensors.get(name), wanted.get(name), rows):
            raise ValueError(f"{path}: the tensor {name} {complaint}; {REMEDY}")
    module.load_state_dict(tensors)


def misfit(found: Tensor | None, wanted: Tensor | None, rows: list[str] | None = None) -> str:
    """What is wrong with a tensor in the place of another, in words; empty: nothing.

    Args:
        found: the tensor of a file.
        wanted: the one it takes the place of.
        rows: the classes that `found` has a row each of; by default it has those of `wanted`.
    """
    if found is None:
        return "is missing"
    if wanted is None:
        return "is unknown here"
    shape = wanted.shape if rows is None else (len(rows), *wanted.shape[1:])
    if found.shape != shape:
        return f"is {tuple(found.shape)}, {tuple(shape)} here"
    if found.is_floating_point() != wanted.is_floating_point() or found.is_complex():
        return f"is of type {found.dtype}, {wanted.dtype} here"
    if not found.isfinite().all() and wanted.isfinite().all():
        return "is not finite"
    return ""


def load_optimiser(optim: Optimizer, state: dict) -> None:
    """Give an optimiser a state; raises for one that it cannot have come to."""
    before = optim.state_dict()["param_groups"]
    optim.load_state_dict(state)
    require_reachable(optim, before)


def load_schedule(sched: LRScheduler, state: dict) -> None:
    """Give a schedule a state; raises for one that is not built as its own."""
    part(Like(dict(sched.state_dict())), state, "its schedule")
    sched.load_state_dict(state)


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Inside, what a file holds is put where it belongs.

    Raises:
        ValueError: naming the file, whatever goes wrong.
    """
    try:
        yield
    except Exception as error:  # a damaged state can raise anything
        raise ValueError(f"{path} cannot be gone on from: {first_line(error)}; {REMEDY}") from error


def require_reachable(optim: Optimizer, before: list[dict]) -> None:
    """Raise ValueError for a state that an optimiser cannot have come to.

    Args:
        optim: with the state.
        before: its groups when it was made; their settings stay, but for the learning rate.
    """
    for group, known in zip(optim.param_groups, before, strict=True):
        for name, value in known.items():
            if name == "params":
                continue
            kind = Number(least=0) if name in FREE else Like(value)
            found = part(kind, group.get(name), f"its optimiser's {name}")
            if name not in FREE and found != value:
                raise ValueError(f"its optimiser's {name} is {shown(found)}, {value} here")
    like = state_of_a_step(optim)
    known = {id(p) for group in optim.param_groups for p in group["params"]}
    for parameter, state in optim.state.items():
        if id(parameter) not in known:
            raise ValueError("its optimiser's state is of unknown parameters")
        each = {n: parameter if v.dim() else v for n, v in like.items() if isinstance(v, Tensor)}
        part(Like(like | each), dict(state), "its optimiser's state")


def state_of_a_step(optim: Optimizer) -> dict[str, Any]:
    """What an optimiser of these settings keeps of a parameter, here of one of shape (1,)."""
    parameter = torch.zeros(1, requires_grad=True)
    parameter.grad = torch.zeros(1)
    group = {**optim.param_groups[0], "params": [parameter]}
    small = type(optim).__new__(type(optim))
    small.__setstate__(
        {"defaults": optim.defaults, "state": defaultdict(dict), "param_groups": [group]}
    )
    small.step()
    return small.state[parameter]


@dataclass(frozen=True)
class Like(Kind):
    """A value built as another one is: its keys at least, as many parts, numbers for numbers.

    Flags may be missing: releases of PyTorch differ in those of a schedule.
    """

    example: Any

    def taken(self, value: Any) -> Any:
        example = self.example
        if isinstance(example, Mapping):
            needed = {key for key in example if not isinstance(example[key], bool)}
            if not isinstance(value, Mapping) or not needed <= value.keys():
                raise ValueError
            found = example.keys() & value.keys()
            return {key: part(Like(example[key]), value[key], str(key)) for key in found}
        if isinstance(example, list | tuple):
            if not isinstance(value, list | tuple) or len(example) != len(value):
                raise ValueError
            pairs = zip(example, value, strict=True)
            return type(example)(part(Like(e), v, str(i)) for i, (e, v) in enumerate(pairs))
        return self._kind().taken(value)

    def _kind(self) -> Kind:
        example = self.example
        if isinstance(example, Tensor):
            return TensorLike(example)
        if isinstance(example, int | float) and not isinstance(example, bool):
            return Number()
        return OneType(type(example)) if example is not None else Anything()

    def words(self) -> str:
        if isinstance(self.example, Mapping):
            return f"a mapping with {', '.join(map(str, self.example)) or 'nothing in it'}"
        if isinstance(self.example, list | tuple):
            return f"a list of {len(self.example)}"
        return self._kind().words()


@dataclass(frozen=True)
class TensorLike(Kind):
    """A finite tensor of a shape."""

    example: Tensor

    def taken(self, value: Any) -> Tensor:
        if not isinstance(value, Tensor):
            raise ValueError
        if complaint := misfit(value, self.example):
            raise ValueError(f"it {complaint}")
        return value

    def words(self) -> str:
        return f"a tensor {tuple(self.example.shape)}"


@dataclass(frozen=True)
class OneType(Kind):
    """A value of one Python type."""

    type: type

    def taken(self, value: Any) -> Any:
        if type(value) is not self.type:
            raise ValueError
        return value

    def words(self) -> str:
        return f"a {self.type.__name__}"


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
