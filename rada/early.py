"""What can be told of a command line before PyTorch is imported, which takes seconds.

Whatever only a trainer or a dataset knows is left to them; nothing here is the only check.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import yaml

from rada import config_files, rehearsal
from rada.data.families import absent, is_embedded
from rada.declared import declared_folder
from rada.files import did_you_mean

OWN = ("TRAINER.", "DATASET.CUSTOM.")  # only those who read them know these keys


def require_command_line(args: argparse.Namespace) -> None:
    """Raise for a command line that no run can come of.

    Raises:
        ValueError: for a missing option, a mistyped key or a broken file.
        FileNotFoundError: if a config file, or the folder of the dataset, is not there.
    """
    if len(args.opts) % 2:
        raise ValueError(f"the command line: options are pairs KEY VALUE, got: {args.opts[-1]}")
    dataset = args.dataset_config_file
    files = [config_files.require_file(dataset)] if dataset else []
    files += config_files.layers(args.config_file) if args.config_file else []
    contents = {file: read(file) for file in files}
    given = dict(zip(args.opts[::2], args.opts[1::2], strict=True))
    for node, option in (("TRAINER", "--trainer"), ("DATASET", "--dataset-config-file")):
        named = any((content.get(node) or {}).get("NAME") for content in contents.values())
        if not (getattr(args, node.lower(), "") or given.get(f"{node}.NAME") or named):
            raise ValueError(f"no {node.lower()} is named; give {option}")
    for where, content in contents.items():
        require_keys(dotted(content), where)
    require_keys(given, "the command line")
    require_data(args, given)


def read(file: str) -> dict:
    """A YAML file whose root is a mapping, or empty."""
    with open(file, encoding="utf-8") as stream:
        try:
            content = yaml.safe_load(stream) or {}
        except yaml.YAMLError as error:
            raise ValueError(f"{file}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file}: holds no KEY: VALUE pairs")
    return content


def dotted(node: dict, prefix: str = "") -> Iterator[str]:
    """Dotted keys of a nested dict."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def require_keys(keys: Iterator[str] | dict, where: str) -> None:
    """Raise ValueError for a key that nobody has."""
    from rada.settings import known_keys

    known = known_keys()
    for key in keys:
        if key not in known and not key.startswith(OWN):
            raise ValueError(f"{where}: unknown config key {key}{did_you_mean(key, known)}")


def require_data(args: argparse.Namespace, given: dict[str, str]) -> None:
    """Raise FileNotFoundError if the folder of a benchmark's pictures is not there."""
    if rehearsal.asked():
        return
    stem = Path(args.dataset_config_file).stem
    declared = None if is_embedded(stem) else declared_folder(stem)
    if declared is None or "DATASET.NAME" in given:
        return
    dataset, folder = declared
    root = given.get("DATASET.ROOT") or args.root or "."
    path = os.path.abspath(os.path.join(os.path.expanduser(root), folder))
    if not os.path.isdir(path):
        raise FileNotFoundError(absent(dataset, path, stem))
