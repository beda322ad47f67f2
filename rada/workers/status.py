"""How far the sweeps below a folder are: `rada status output`, from any machine that sees it."""

import argparse
import time
from pathlib import Path

from rada.program import end_with_reader, run_program
from rada.workers.state import State, read_states

SILENT = 60.0  # seconds without news after which a sweep counts as lost
LINES = 5  # of failures that are shown


def cli(argv: list[str] | None = None) -> int:
    """Print what is known; a mistake becomes one line on stderr and exit code 2."""
    end_with_reader()
    return run_program(lambda: main(argv))


def main(argv: list[str] | None = None) -> None:
    """Print the sweeps that are under way, or else the last one.

    Raises:
        ValueError: for a folder that no sweep has written.
    """
    parser = argparse.ArgumentParser(prog="rada status", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("output"))
    folder = parser.parse_args(argv).folder.expanduser()
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give OUTPUT of a sweep, such as output")
    states = read_states(folder)
    if not states:
        raise ValueError(f"no sweep has written {folder}; give its OUTPUT or <OUTPUT>/<protocol>")
    shown = [state for state in states if not state.ended] or states[-1:]
    print("\n\n".join(report(state, time.time()) for state in shown))


def report(state: State, now: float) -> str:
    """One sweep: where it runs, how far it is, what is being made, what has failed."""
    news = f"news {now - state.date:.0f} s ago"
    if state.ended:
        news = f"{state.ended} {now - state.date:.0f} s ago"
    elif now - state.date > SILENT:
        news += ": it is stopped, or its machine is lost; the same command goes on"
    lines = [f"{state.command}  (process {state.process} on {state.host}, {news})"]
    lines.append(state.words(now))
    lines += [f"running for {now - since:.0f} s: {run}" for run, since in state.running.items()]
    left = len(state.failed) - LINES
    lines += [f"... and {left} failures before"] if left > 0 else []
    lines += [f"failed: {line}" for line in state.failed[-LINES:]]
    return "\n".join(lines)
