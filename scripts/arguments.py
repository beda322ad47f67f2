"""Names and numbers from the command line of a sweep, checked against the configs that exist.

All functions raise ValueError with one line that names the nearest known name.
"""

import os
from pathlib import Path

from results.names import BENCHMARKS, EMBEDDED, default_config, suggest


def stems(folder: str) -> list[str]:
    """Names of the YAML files in a folder of configs."""
    return sorted(path.stem for path in Path("configs", folder).glob("*.yaml"))


def names(text: str, what: str) -> list[str]:
    """The names in a list with commas, each once."""
    found = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise ValueError(f'no {what} in "{text}"; give one or several with commas between')
    return found


def datasets(text: str) -> list[str]:
    """Dataset names from the command line, checked."""
    known = stems("datasets")
    groups = {"world": EMBEDDED, "all": [name for name in BENCHMARKS if name in known]}
    wanted = [item for name in names(text, "dataset") for item in groups.get(name, [name])]
    for name in wanted:
        if name not in known:
            raise ValueError(f'no dataset "{name}"{suggest(name, [*known, *groups])}')
    return list(dict.fromkeys(wanted))


def trainers(text: str) -> list[str]:
    """Trainer names from the command line, checked."""
    known = [path.name for path in Path("configs/trainers").iterdir() if path.is_dir()]
    for name in names(text, "trainer"):
        if name not in known:
            raise ValueError(f'no trainer "{name}"{suggest(name, known)}')
    return names(text, "trainer")


def seeds(text: str) -> list[int]:
    """Seeds from the command line, checked."""
    parts = [part.strip() for part in text.split(",")]
    if not all(map(is_positive, parts)):
        raise ValueError(f'seeds are positive integers with commas between, got "{text}"')
    return list(dict.fromkeys(map(int, parts)))


def positive(name: str, default: str) -> int:
    """A positive integer from the environment."""
    text = os.environ.get(name) or default
    if not is_positive(text):
        raise ValueError(f'{name} must be a positive integer, got "{text}"')
    return int(text)


def is_positive(text: str) -> bool:
    """Whether a text is a positive integer in plain digits."""
    return text.isascii() and text.isdecimal() and int(text) > 0


def config_of(trainer: str, dataset: str) -> str:
    """Name of the trainer's config for a dataset, checked."""
    config = os.environ.get("CFG") or default_config(dataset)
    known = stems(f"trainers/{trainer}")
    if config not in known:
        raise ValueError(f'no config "{config}" for {trainer}{suggest(config, known)}')
    return config
