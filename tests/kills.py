"""Kill runs of every kind at random moments, start them again, compare with runs left alone.

    python -m tests.kills --kills 50
    python -m tests.kills --kills 8 --seed 3 "cache writing" sweep

Signals take turns: SIGKILL, SIGTERM, Ctrl-C (to the whole process group, as a terminal does). After
each the same command runs again to its end. Then final weights, metrics, predictions, caches and
pictures have to be equal bit for bit, no file may be there that an undisturbed run has not, and no
process may be left a few seconds after a kill. Exit code 1 if anything differs. The test suite
kills runs of some kinds, too; this is every kind, by hand.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import load_file
from tabulate import tabulate

from rada.files import sha256
from rada.workers.state import FOLDER as SWEEPS

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CODES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
TOKEN = "RADA_KILLED_RUN"  # in the environment of all processes of a run
ORPHANS = 8.0  # seconds that processes of a killed run may take to end
DATASET = "herds"
SHORT = ("OPTIM.MAX_EPOCH", "6")
STEPS = (*SHORT, "TRAIN.SAVE_STEPS", "2", "TRAIN.LOOP", "steps")
SWEEP = ("sweep", "base2new", DATASET, "1", "CoOp,RAda", *SHORT)
TRAIN = ("run", "base", DATASET, "1")


@dataclass(frozen=True)
class Kind:
    """One kind of run.

    Attributes:
        words: of the command `rada`.
        before: words of a run that has to be finished; it is not killed.
        fresh_data: whether it renders its pictures itself.
        victim: "the command" or "a worker of it": who gets the signal.
    """

    name: str
    words: tuple[str, ...]
    before: tuple[str, ...] = ()
    fresh_data: bool = False
    victim: str = "the command"


KINDS = (
    Kind("training by epochs", (*TRAIN, "RAdaCoOp", *SHORT)),
    Kind("training by steps", ("run", "tuned", DATASET, "1", "RAdaFT", *STEPS)),
    Kind(
        "test",
        ("run", "new", DATASET, "1", "RAdaCoOp", *SHORT),
        before=(*TRAIN, "RAdaCoOp", *SHORT),
    ),
    Kind("test-time training", ("run", "adapted", DATASET, "1", "RAdaTPT")),
    Kind("sweep", SWEEP),
    Kind("a worker of a sweep", SWEEP, victim="a worker of it"),
    Kind("cache writing", (*TRAIN, "RAda", *SHORT, "FEATURES.CACHE", "True")),
    Kind("rendering", (*TRAIN, "ZeroshotCLIP"), fresh_data=True),
)


class Place:
    """A folder in which one run is made, perhaps in several goes."""

    def __init__(self, kind: Kind, folder: Path, data: Path):
        self.kind, self.folder = kind, folder
        self.output, self.features = folder / "output", folder / "features"
        self.data = folder / "data" if kind.fresh_data else data
        self.folder.mkdir(parents=True)
        if kind.before:
            self.start(kind.before).wait()

    def start(self, words: tuple[str, ...]) -> subprocess.Popen:
        """The command in a process group of its own."""
        if "FEATURES.CACHE" in words:
            words = (*words, "FEATURES.FOLDER", str(self.features))
        environment = {
            **os.environ,
            **{"DATA": str(self.data), "OUTPUT": str(self.output), "JOBS": "2"},
            **{"DASSL": "bundled", "OMP_NUM_THREADS": "1", TOKEN: str(self.folder)},
        }
        with open(self.folder / "said.txt", "ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "rada", *words],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def finish(self) -> int:
        """Run to the end; the exit code."""
        return self.start(self.kind.words).wait()

    def kill(self, number: int, after: float) -> int | None:
        """Run, and give a signal after some seconds.

        Returns:
            The exit code; None if the run had ended before, or had no run to kill.
        """
        process = self.start(self.kind.words)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after)
        target = process.pid
        if self.kind.victim != "the command":
            workers = [pid for pid, line in self.processes() if b"forkserver" in line]
            target = max(workers[1:], default=0)  # the first is what they are forked from
        if process.poll() is not None or not target:
            process.wait()
            return None
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGINT:
                os.killpg(os.getpgid(target), number)
            else:
                os.kill(target, number)
        return process.wait()

    def processes(self) -> Iterator[tuple[int, bytes]]:
        """Number and command line of all processes of this run."""
        own = f"{TOKEN}={self.folder}\0".encode()
        for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
            with contextlib.suppress(OSError):
                if own in (folder / "environ").read_bytes():
                    yield int(folder.name), (folder / "cmdline").read_bytes()

    def orphans(self) -> list[tuple[int, bytes]]:
        """Processes that are left some seconds after the command has ended."""
        deadline = time.monotonic() + ORPHANS
        while (left := list(self.processes())) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    @cached_property
    def content(self) -> dict[str, str]:
        """Every file, and what has to be equal in it; "" where times or paths are in it."""
        folders = [self.output, self.features, *([self.data] if self.kind.fresh_data else [])]
        return {
            str(path.relative_to(self.folder)): said(path)
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file() and not of_one_start(path)
        }


def of_one_start(path: Path) -> bool:
    """Whether a file is one that each start makes anew and keeps, by Dassl's convention."""
    return path.parent.name in ("tensorboard", SWEEPS) or path.name.startswith("log.txt-")


def said(path: Path) -> str:
    """What has to be equal in a file."""
    if path.name in ("log.txt", "console.txt"):
        return ""
    if path.name == "checked_pictures.txt":  # digests of paths and times
        return str(len(path.read_text().splitlines()))
    if path.suffix == ".jsonl":  # predictions, each with its seconds
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return sha256([repr({**line, "seconds": 0}) for line in lines])
    if path.suffix == ".safetensors":
        content = load_file(path)
        return sha256([f"{key}{content[key].tolist()}" for key in sorted(content)])
    if path.name == "results.json":
        return json.dumps(json.loads(path.read_text())["metrics"])
    if ".pth.tar" in path.name:
        weights = torch.load(path, weights_only=True, map_location="cpu")["state_dict"]
        return sha256([f"{key}{value.tolist()}" for key, value in weights.items()])
    return sha256([path.read_bytes()])


def one_kill(kind: Kind, whole: Place, seconds: float, number: int, chance, folder: Path) -> str:
    """What was wrong with a killed run and its second go; empty if nothing.

    The moment is drawn again until the run had not ended by then.
    """
    code, wrong = None, []
    for go in range(10):
        place = Place(kind, folder / str(go), whole.data)
        code = place.kill(number, chance.uniform(0.05, seconds))
        if code is not None:
            break
    expected = {1, 0} if kind.victim != "the command" else {CODES[number]}
    early = {-number}  # before Python was there to see the signal
    if code not in expected | early:
        wrong.append(f"exit code {code}")
    if left := place.orphans():
        wrong.append(f"processes left: {left}")
    if code := place.finish():
        wrong.append(f"exit code {code} of the second go")
    for name in sorted(place.content.keys() | whole.content.keys()):
        if place.content.get(name) != whole.content.get(name):
            wrong.append(f"{name} differs" if name in whole.content else f"{name} left")
    if not wrong:
        shutil.rmtree(folder)
    return "; ".join(wrong)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", default=None, help="where; what was wrong stays there")
    parser.add_argument("kinds", nargs="*", help=", ".join(kind.name for kind in KINDS))
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Kill, compare, print the table; the exit code."""
    args = parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="kills-", dir=args.folder))
    kinds = [kind for kind in KINDS if not args.kinds or kind.name in args.kinds]
    chance, alone, rows, wrong = random.Random(args.seed), {}, {}, []
    for kill in range(args.kills):
        kind, number = kinds[kill % len(kinds)], SIGNALS[kill // len(kinds) % len(SIGNALS)]
        if kind not in alone:
            place = Place(kind, folder / f"{kind.name}, alone", folder / "data")
            begun = time.monotonic()
            if code := place.finish():
                raise RuntimeError(f"{kind.name}: exit code {code}, see {place.folder}/said.txt")
            alone[kind] = place, time.monotonic() - begun
        place, seconds = alone[kind]
        said = one_kill(kind, place, seconds, number, chance, folder / f"{kill}")
        print(f"{kill + 1}: {kind.name}, {number.name}: {said or 'equal'}", flush=True)
        row = rows.setdefault(kind.name, dict.fromkeys([n.name for n in SIGNALS], 0))
        row[number.name] += 1
        wrong += [said] if said else []
    print(
        tabulate(
            [[name, *row.values()] for name, row in rows.items()],
            ["kind", *(f"{n.name}" for n in SIGNALS)],
            "github",
        )
    )
    print(f"{args.kills} kills, {len(wrong)} with a difference, seed {args.seed}")
    if not wrong:
        shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
