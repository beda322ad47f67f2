"""Child processes that can all be stopped at once."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from typing import IO

from rada.signals import PARENT

PATIENCE = 5.0  # seconds a stopped process has to end by itself


class Processes:
    """Starts commands from several threads, each in its own process group.

    They are told who started them, so that they can end with it (`rada.signals`).
    """

    def __init__(self):
        self.alive: set[subprocess.Popen] = set()
        self.stopped, self.lock = False, threading.Lock()

    def run(self, command: list[str], environment: dict[str, str], console: IO | None) -> int:
        """Run a command to its end.

        Args:
            command: program and arguments.
            environment: all of it.
            console: file for its output; None lets it have the terminal.

        Returns:
            Its exit code; 1 without starting it if all was stopped.
        """
        with self.lock:
            if self.stopped:
                return 1
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console and subprocess.STDOUT,
                env={**environment, PARENT: str(os.getpid())},
                start_new_session=True,
            )
            self.alive.add(process)
        code = process.wait()
        with self.lock:
            self.alive.discard(process)
        return code

    def stop(self) -> None:
        """End all processes: politely, after PATIENCE by force; start no more."""
        with self.lock:
            self.stopped = True
            alive = list(self.alive)
        signal_all(alive, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and any(process.poll() is None for process in alive):
            time.sleep(0.05)
        signal_all(alive, signal.SIGKILL)


def signal_all(processes: list[subprocess.Popen], number: int) -> None:
    """Signal the process groups that are still there."""
    for process in processes:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
