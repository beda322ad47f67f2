"""How all benchmarks time what they compare: in turns within one run, the least time of each side.

Other work on a machine only ever adds to a time, so the least of many is the nearest to what the
work itself takes; taking turns lets a slow minute fall on all sides alike.
"""

import math
import time
from collections.abc import Callable, Mapping

import torch

Sides = Mapping[str, Callable[[], object]]


def alternate(sides: Sides, repeats: int, seconds: float = math.inf) -> dict[str, float]:
    """As `take_turns`, after one call of each side to warm up."""
    for call in sides.values():
        call()
    return take_turns(sides, repeats, seconds)


def take_turns(sides: Sides, repeats: int, seconds: float = math.inf) -> dict[str, float]:
    """Least seconds of each side; a call ends when the device has done its work.

    Args:
        sides: what is timed, by name.
        repeats: turns, 1 or more.
        seconds: no turn begins after these, but for the second one.
    """
    least = dict.fromkeys(sides, math.inf)
    end = time.perf_counter() + seconds
    for turn in range(repeats):
        if turn > 1 and time.perf_counter() > end:
            break
        for name, call in sides.items():
            least[name] = min(least[name], timed(call))
    return least


def timed(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    call()
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter() - start
