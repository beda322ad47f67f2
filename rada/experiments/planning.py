"""What a run needs: its config, and the finished training of the model it tests."""

import os
from dataclasses import replace
from typing import Any

from rada.data.families import is_embedded, source_of
from rada.experiments.arguments import config_of, known_dataset, usual_config
from rada.experiments.numbers import coefficients
from rada.experiments.protocols import ADAPTED, MIXED, PARTS, SHIFTED, SOURCE, TUNED
from rada.experiments.tasks import Task, source


def task_of(part: str, dataset: str, seed: int, trainer: str, shots: int, opts: list[str]) -> Task:
    """A run with its config and its training.

    Raises:
        ValueError: in one line, for what the protocol, the trainer or the configs do not have.
    """
    if part == ADAPTED:
        return adapted(dataset, seed, trainer, shots, opts)
    if part in (TUNED, SHIFTED, MIXED):
        return fine_tuned(part, dataset, seed, trainer, shots, opts)
    task = Task(part, dataset, seed, trainer, config_of(part, trainer, dataset), shots, opts)
    trained_by = PARTS[part].trained_by
    if not trained_by:
        return task
    trained_on = source() if trained_by == SOURCE else dataset
    return replace(task, training=replace(task, part=trained_by, dataset=trained_on))


def fine_tuned(
    part: str, dataset: str, seed: int, trainer: str, shots: int, opts: list[str]
) -> Task:
    """A run of full fine-tuning; its tests have the config and the options of their training."""
    tuned_on = source_of(dataset)
    if part == TUNED and tuned_on != dataset:
        raise ValueError(f"{dataset} is a shift of {tuned_on}: train on that")
    if part == SHIFTED and tuned_on == dataset:
        raise ValueError(f"{dataset} is no shift of a dataset: its training has tested on it")
    known_dataset(tuned_on)
    task = Task(part, dataset, seed, trainer, config_of(part, trainer, tuned_on), shots, opts)
    if part == TUNED:
        return task
    mixture = coefficients() if part == MIXED else ""
    training = replace(task, part=TUNED, dataset=tuned_on)
    return replace(task, training=training, coefficients=mixture)


def adapted(dataset: str, seed: int, trainer: str, shots: int, opts: list[str]) -> Task:
    """A run at test time. It tests the transfer's model of the trainer that its own starts from.

    The options are the test's alone, and so is CFG, unless the trainer starts from its own model:
    then one config serves both.
    """
    known_dataset(source())
    start = starts_from(trainer)
    own = start == trainer
    config = config_of(SOURCE, trainer, source()) if own else config_of(ADAPTED, trainer, dataset)
    task = Task(ADAPTED, dataset, seed, trainer, config, shots, opts)
    if not start:
        return task
    if not own:
        require_one_backbone(trainer, start, dataset)
        config = usual_config(SOURCE, start, source())
    return replace(task, training=Task(SOURCE, source(), seed, start, config, shots))


def starts_from(trainer: str) -> str:
    """The trainer whose model the named one starts from at test time; empty if from none.

    Raises:
        ValueError: if there are only configs of that trainer.
    """
    return _asked("starts_from", trainer)


def learns_at_test(trainer: str) -> bool:
    """Whether the named trainer learns from each test picture; errors as for `starts_from`."""
    return _asked("learns_at_test", trainer)


def _asked(question: str, trainer: str) -> Any:
    """What the trainers themselves say of one of them."""
    # torch comes with them: only where the trainers have to be asked
    from rada.engine import registry
    from rada.toolbox import use_dassl

    use_dassl()
    try:
        return getattr(registry, question)(trainer)
    except KeyError:
        raise ValueError(
            f"configs/trainers/{trainer} is there but no trainer of that name; "
            "is its module in trainers/, and registered?"
        ) from None


def require_one_backbone(trainer: str, start: str, dataset: str) -> None:
    """Complain unless source and dataset go with the same CLIP, or CFG says which one to take."""
    if is_embedded(dataset) != is_embedded(source()) and not os.environ.get("CFG"):
        raise ValueError(
            f"{trainer} starts from {start} trained on {source()}, whose CLIP is another than that "
            f"of {dataset}; set SOURCE to a dataset of its kind"
        )
