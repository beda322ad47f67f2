"""Names and numbers from the command line and the environment, checked against the configs.

All functions raise ValueError with one line that names the nearest known name.
"""

import os

from rada.config_files import stems, trainer_names, trainer_stems
from rada.data.families import BENCHMARKS, DEFAULT_SOURCE, EMBEDDED, SHIFTS, is_embedded
from rada.declared import registered_trainers
from rada.experiments.protocols import TARGET, default_config, protocol_of
from rada.experiments.tasks import source
from rada.files import suggestion
from rada.trainer_names import plain_trainer


def names(text: str, what: str) -> list[str]:
    """The names in a list with commas, each once."""
    found = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise ValueError(f'no {what} in "{text}"; give one or several with commas between')
    return found


def known_dataset(name: str, *groups: str) -> None:
    """Complain unless there is a dataset of that name; groups are names that were allowed too."""
    known = stems("datasets")
    if name not in known:
        raise ValueError(f'no dataset "{name}"{suggestion(name, [*known, *groups])}')


def known_trainer(name: str) -> None:
    """Complain unless there is a trainer of that name."""
    configured = set(trainer_names())
    known = configured | {t for t in registered_trainers() if plain_trainer(t) in configured}
    if name not in known:
        raise ValueError(f'no trainer "{name}"{suggestion(name, known)}')


def datasets(text: str, groups: dict[str, list[str]] | None = None) -> list[str]:
    """Dataset names from the command line, checked; groups stand for several."""
    groups = groups or {
        "world": list(EMBEDDED),
        "all": with_config(BENCHMARKS),
        "shifts": with_config(SHIFTS),
    }
    wanted = [item for name in names(text, "dataset") for item in groups.get(name, [name])]
    for name in wanted:
        known_dataset(name, *groups)
    return list(dict.fromkeys(wanted))


def with_config(stems_wanted: tuple[str, ...]) -> list[str]:
    """Those of the datasets that have a config."""
    known = stems("datasets")
    return [name for name in stems_wanted if name in known]


def targets(text: str) -> list[str]:
    """Datasets to test on: `others` are those of the source's kind, `shifts` are ImageNet's."""
    known_dataset(source())
    kind = EMBEDDED if is_embedded(source()) else BENCHMARKS
    others = [name for name in with_config(kind) if name != source()]
    if "shifts" in names(text, "target") and source() != DEFAULT_SOURCE:
        raise ValueError(f"the shifts are those of imagenet, not of SOURCE={source()}; set TARGETS")
    found = datasets(text, {"others": others, "shifts": with_config(SHIFTS)})
    if not found:
        raise ValueError(f'no dataset is known in "{text}"; set TARGETS')
    return found


def trainers(text: str) -> list[str]:
    """Trainer names from the command line, checked."""
    for name in names(text, "trainer"):
        known_trainer(name)
    return names(text, "trainer")


def config_of(part: str, trainer: str, dataset: str) -> str:
    """Name of the trainer's config for a run, checked: a test has the config of its training."""
    return known_config(trainer, os.environ.get("CFG") or usual_config(part, trainer, dataset))


def usual_config(part: str, trainer: str, dataset: str) -> str:
    """Name of the trainer's config for a run unless CFG chooses another, checked."""
    trained_on = source() if part == TARGET else dataset
    config = default_config(trained_on, protocol_of(part), trainer_stems(trainer))
    return known_config(trainer, config)


def known_config(trainer: str, config: str) -> str:
    """The name of a config, which the trainer has to have."""
    known = trainer_stems(trainer)
    if config not in known:
        raise ValueError(f'no config "{config}" for {trainer}{suggestion(config, known)}')
    return config
