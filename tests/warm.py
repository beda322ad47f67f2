"""Runs of train.py in real processes that need not import torch first.

A test that kills a run, or starts several that talk to each other, needs processes, but not what
each spends on its imports (3 to 6 seconds of CPU). One server imports them once and forks
(multiprocessing's own "forkserver"); a fork has its own environment, output and death. Tests of the
command line itself start a fresh python instead.
"""

import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import torch

import train
from tests.float64 import trainers_in_float64

CONTEXT = multiprocessing.get_context("forkserver")
# pytest, too: every fork prepares the main module, which is pytest's
CONTEXT.set_forkserver_preload(["pytest", "tests.warm_imports"])
PATIENCE = 120  # seconds until a run that does not end fails its test


class Ended(NamedTuple):
    """What is left of a run: exit code (minus the number of a signal), and all that it printed."""

    returncode: int
    stdout: str
    stderr: str


class Run:
    """train.py with these words, started.

    Args:
        words: its command line.
        environment: variables beside those of the tests.
        float64: let its models be in float64 (`tests.float64`).

    Attributes:
        stdout: a text stream of what it prints, as it comes.
    """

    def __init__(
        self,
        words: Sequence[object],
        environment: Mapping[str, str] | None = None,
        float64: bool = False,
    ):
        self._errors = Path(tempfile.mkstemp(prefix="stderr-")[1])
        receiver, sender = CONTEXT.Pipe(duplex=False)
        arguments = [*map(str, words)], dict(environment or {}), sender, self._errors
        run = _train_in_float64 if float64 else _train
        self.process = CONTEXT.Process(target=run, args=arguments)
        self.process.start()
        sender.close()  # the fork has its own: when that ends, so does the stream
        self.stdout = os.fdopen(os.dup(receiver.fileno()))
        receiver.close()

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def wait(self) -> Ended:
        """Let it end; `stdout` of the result is what was not read before."""
        with self.stdout:
            printed = self.stdout.read()
        self.process.join(PATIENCE)
        errors = self._errors.read_text()
        self._errors.unlink()
        assert self.process.exitcode is not None, f"no end after {PATIENCE} s: {errors}"
        return Ended(self.process.exitcode, printed, errors)


def started_together(words: Sequence[object], count: int = 2, float64: bool = False) -> list[Run]:
    """As torchrun starts them: processes that know of each other, by their rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    common["LOCAL_WORLD_SIZE"] = str(count)
    ranks = map(str, range(count))
    own = ({**common, "RANK": rank, "LOCAL_RANK": rank} for rank in ranks)
    return [Run(words, environment, float64) for environment in own]


def _train(words: list[str], environment: dict[str, str], sender: Connection, errors: Path) -> None:
    """Runs in the fork: output as that of `python -u train.py`."""
    assert "rada.engine.config" in sys.modules, "the server passes over a module it cannot import"
    os.environ.update(environment)
    torch.set_num_threads(1)
    os.dup2(sender.fileno(), 1)
    sender.close()
    with errors.open("w") as file:
        os.dup2(file.fileno(), 2)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115  (of the process)
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.exit(train.cli(words))


def _train_in_float64(*arguments: Any) -> None:
    with trainers_in_float64():
        _train(*arguments)
