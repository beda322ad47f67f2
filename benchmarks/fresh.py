"""A process for each case: its peak of memory is its own, and where it dies the others go on."""

import signal
import subprocess
import sys
from pathlib import Path

from rada.engine.errors import is_shortage

ROOT = Path(__file__).resolve().parents[1]


def fresh(module: str, *words: object) -> str:
    """What a module of this folder prints, run with these words in a fresh process.

    Raises:
        MemoryError: if it ran out of memory, or was killed, as Linux does when there is none left.
        RuntimeError: with the last line of its stderr, if it failed for another reason.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, words)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if run.returncode == 0:
        return run.stdout
    reason = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
    short = "MemoryError" in run.stderr or is_shortage(RuntimeError(run.stderr))
    if short or run.returncode == -signal.SIGKILL:
        raise MemoryError(reason)
    raise RuntimeError(reason)
