"""All runs of a sweep, in groups: a training, and the tests of its model."""

from itertools import product
from pathlib import Path

from rada.data.families import shifts_of
from rada.experiments.arguments import datasets, targets, trainers
from rada.experiments.numbers import seeds, shots
from rada.experiments.planning import task_of
from rada.experiments.protocols import ADAPTED, MIXED, PROTOCOLS, SHIFTED, TARGET, TUNED
from rada.experiments.tasks import Task


def plan(
    protocol: str, words: str, trainer_names: str, seed_numbers: str, opts: list[str]
) -> list[list[Task]]:
    """Groups of runs: one that trains, and those that test its model; or one that needs none.

    Args:
        protocol: a key of PROTOCOLS, or wise_ft.
        words, trainer_names, seed_numbers: lists with commas, as on the command line.
        opts: KEY VALUE ... for train.py.

    Raises:
        ValueError: for what does not exist, in one line.
    """
    runs = last_runs(protocol, words)
    keys = product(runs, trainers(trainer_names), seeds(seed_numbers), shots(protocol))
    groups: dict[Path, list[Task]] = {}
    for (part, dataset), trainer, seed, number in keys:
        task = task_of(part, dataset, seed, trainer, number, opts)
        first = first_of(task)
        group = groups.setdefault(first.folder, [first])
        if task is not first:
            group.append(task)
    return list(groups.values())


def last_runs(protocol: str, words: str) -> list[tuple[str, str]]:
    """Part and dataset of the runs that a protocol ends with; trainings come before on their own.

    Args:
        protocol: a key of PROTOCOLS, or wise_ft.
        words: datasets as the command line has them; for fine-tuning those to train on.
    """
    if protocol == "transfer":
        return [(TARGET, dataset) for dataset in targets(words)]
    chosen = datasets(words)
    if protocol == "wise_ft":
        return [(MIXED, name) for dataset in chosen for name in (dataset, *shifts_of(dataset))]
    last = PROTOCOLS[protocol][-1].name
    if protocol != "finetune":
        return [(last, dataset) for dataset in chosen]
    return [
        run
        for dataset in chosen
        for run in [(TUNED, dataset), *((SHIFTED, shift) for shift in shifts_of(dataset))]
    ]


def first_of(task: Task) -> Task:
    """The run that has to come before another, or this one.

    The training for a test has the test's options and may be skipped as finished; at test time it
    has none of them, and a finished one is taken as it is.
    """
    training = task.training
    if training is None or (task.part == ADAPTED and training.has_results()):
        return task
    return training
