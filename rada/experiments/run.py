"""One run of a protocol, with CoOp's command line of train.py.

    python -m rada.experiments.run PART [DATASET] SEED [TRAINER] [KEY VALUE ...]

Called by the scripts of the parts (protocols.py). A finished run is skipped. A mistake ends in one
line and exit code 2; else the exit code is train.py's.
"""

import os
import shlex
import sys
from pathlib import Path

from rada.experiments.arguments import known_dataset, known_trainer
from rada.experiments.numbers import positive, require_positive, shots_or_all
from rada.experiments.planning import learns_at_test, task_of
from rada.experiments.protocols import ADAPTED, MIXED, PARTS, SHIFTED, SOURCE, TARGET, TUNED
from rada.experiments.tasks import Task, rehearsal_apart, source
from rada.program import run_program
from rada.signals import end_with_parent

SETTINGS = ("REHEARSE", "SOURCE", "SHOTS", "CFG")  # that training and test have to share
PLACES = {"DATA": "./data", "OUTPUT": "output"}  # with what common.sh sets them to by default


def main(part: str, *words: str) -> None:
    """Check everything, then become train.py, unless the run is finished.

    Raises:
        ValueError: for a mistake in the arguments or in the environment.
    """
    if part not in PARTS:
        raise ValueError(f'no part "{part}"; one of {", ".join(PARTS)}')
    rehearsal_apart()
    task = parse_task(part, list(words))
    training = task.training
    if training and not training.has_results():
        command = " ".join([*settings(task), *map(shlex.quote, training.script())])
        raise ValueError(f"no finished training in {training.folder}; first run {command}")
    if task.finished():
        print(f"Already finished: {task.folder}/results.json (skipped)")
    else:
        os.execv(sys.executable, [sys.executable, *launcher(task), *task.train_arguments()])


def launcher(task: Task) -> list[str]:
    """train.py; by torchrun what NPROC processes share: trainings, and tests that learn."""
    train = ["train.py"] if Path("train.py").is_file() else ["-m", "rada", "train"]
    number = positive("NPROC", "1")
    shared = learns_at_test(task.trainer) if task.part == ADAPTED else not task.training
    if number == 1 or not shared:
        return train
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={number}"]
    return [*torchrun, *train]


def settings(test: Task) -> list[str]:
    """The environment of a command that trains what a test needs, NAME=VALUE as for a shell."""
    given = {name: os.environ.get(name, "") for name in SETTINGS}
    if test.training.trainer != test.trainer:
        del given["CFG"]
    for name, default in PLACES.items():
        value = os.environ.get(name, "").removesuffix("/rehearsal")
        given[name] = value if value != default else ""
    return [f"{name}={shlex.quote(value)}" for name, value in given.items() if value]


def parse_task(part: str, words: list[str]) -> Task:
    """The run that the command line asks for, checked."""
    needed = ["SEED"] if part == SOURCE else ["DATASET", "SEED"]
    if len(words) < len(needed):
        script = Path(PARTS[part].script).name
        raise ValueError(f"usage: {script} {' '.join(needed)} [TRAINER] [KEY VALUE ...]")
    dataset = source() if part == SOURCE else words.pop(0)
    seed = words.pop(0)
    default = "RAdaTPT" if part == ADAPTED else "RAdaCoOp"
    trainer = words.pop(0) if words and "." not in words[0] else default
    require_positive("the seed", seed)
    tuning = part in (TUNED, SHIFTED, MIXED)
    shots = shots_or_all() if tuning else positive("SHOTS", "16")
    known_dataset(dataset)
    if part == TARGET:
        known_dataset(source())
    known_trainer(trainer)
    return task_of(part, dataset, int(seed), trainer, shots, words)


def cli(argv: list[str] | None = None) -> int:
    """Run `main`; a mistake becomes one line on stderr and exit code 2."""
    end_with_parent()
    return run_program(lambda: main(*((sys.argv[1:] if argv is None else argv) or [""])))


if __name__ == "__main__":
    sys.exit(cli())
