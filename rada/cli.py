"""The command `rada`: one word for what is wanted, then the words of that.

Each command is a function that takes its words and returns an exit code; the scripts and CoOp's
train.py and parse_test_res.py call the same functions.
"""

import argparse
import importlib
import os
import sys

from rada import __version__, environment

# command: module, function, what it does
COMMANDS = {
    "train": ("rada.engine.command", "cli", "train and test one trainer, as CoOp's train.py"),
    "run": ("rada.experiments.run", "cli", "one run of a protocol: PART [DATASET] SEED [TRAINER]"),
    "sweep": ("rada.workers.sweep", "cli", "a protocol over datasets, seeds and trainers"),
    "status": ("rada.workers.status", "cli", "how far the sweeps of an output folder are"),
    "table": ("rada.experiments.parse_test_res", "cli", "results side by side, or CoOp's summary"),
    "trainers": ("rada.cli", "trainers", "all trainers, and how much each of them learns"),
    "settings": ("rada.cli", "settings", "every setting: its default, what it may be, what it is"),
    "prepare": ("rada.prepare.__main__", "cli", "fetch datasets, unpack and check them"),
    "demo": ("rada.cli", "demo", "base-to-new on an embedded world, nothing downloaded"),
}
DEMO = ("base2new", "world", "1", "ZeroshotCLIP,CoOp,RAda,RAdaCoOp")


def cli(argv: list[str] | None = None) -> int:
    """Run a command; `rada COMMAND --help` has its words."""
    lines = [f"  {name:10}{what}" for name, (*_, what) in COMMANDS.items()]
    environment.require()
    parser = argparse.ArgumentParser(
        prog="rada",
        description="RAda: one last attention for vision-language models.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rada {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="see below")
    words = sys.argv[1:] if argv is None else argv
    command = parser.parse_args(words[:1]).command
    module, function, _ = COMMANDS[command]
    return getattr(importlib.import_module(module), function)(words[1:])


def trainers(words: list[str]) -> int:
    """The table of all trainers."""
    from rada.trainers import __main__ as listing

    return listing.cli(["--list", *words])


def settings(words: list[str]) -> int:
    """The tables of settings."""
    from rada.toolbox import use_dassl

    use_dassl()
    from rada import settings_page

    return settings_page.cli(words)


def demo(words: list[str]) -> int:
    """The base-to-new protocol on the embedded sets; KEY VALUE pairs go to each run."""
    from rada.workers import sweep

    os.environ.setdefault("JOBS", "2")
    return sweep.cli([*DEMO, *words])
