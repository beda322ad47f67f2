"""What can be told of a command line before PyTorch is imported, which takes seconds.

Whatever only a trainer or a dataset knows is left to them; nothing here is the only check.
"""

import argparse
import os
from pathlib import Path

from rada import rehearsal
from rada.command_line import Content, chosen_name, given, read_files
from rada.data.families import absent, is_embedded
from rada.declared import adds_keys, declared_folder
from rada.trained_with import require_trained_with


def require_command_line(args: argparse.Namespace) -> None:
    """Raise for a command line that no run can come of.

    Raises:
        ValueError: for a missing option, a mistyped key, a value that its key cannot have, a
            broken file, or a test that asks for another training.
        FileNotFoundError: if a config file, or the folder of the dataset, is not there.
    """
    said, files = given(args), read_files(args)
    contents = [*files.values(), said]
    names = {node: chosen_name(node, args, files) for node in ("TRAINER", "DATASET")}
    for node, option in (("TRAINER", "--trainer"), ("DATASET", "--dataset-config-file")):
        if not names[node]:
            raise ValueError(f"no {node.lower()} is named; give {option}")
    require_values(contents, closed=not adds_keys(*names.values()))
    require_data(args, contents)
    require_model(args, names["TRAINER"])


def require_values(contents: list[Content], closed: bool) -> None:
    """Raise ValueError for a value that its key cannot have, or a key that nobody has.

    Args:
        contents: of files and command line.
        closed: whether there are no keys but the usual ones, those below TRAINER and
            DATASET.CUSTOM.
    """
    from rada.settings.table import usual_table

    table = usual_table()
    for content in contents:
        for key, (value, where) in content.items():
            own = key.startswith(("TRAINER.", "DATASET.CUSTOM.")) and key != "TRAINER.NAME"
            if key in table or (closed and not own):
                table.taken(key, value, where)


def require_model(args: argparse.Namespace, trainer: str) -> None:
    """Raise ValueError for a test whose options its training did not have, or of no model."""
    if args.load_epoch is not None and not (args.eval_only and args.model_dir):
        raise ValueError(
            "--load-epoch says which weights a test loads; give --eval-only and "
            "--model-dir FOLDER, or leave it out"
        )
    if args.eval_only and args.model_dir:
        require_trained_with(trainer, args.opts, args.model_dir)


def require_data(args: argparse.Namespace, contents: list[Content]) -> None:
    """Raise FileNotFoundError if the folder of a benchmark's pictures is not there."""
    if rehearsal.asked():
        return
    stem = Path(args.dataset_config_file).stem
    declared = None if is_embedded(stem) else declared_folder(stem)
    said = {key: placed.value for content in contents for key, placed in content.items()}
    if declared is None or said.get("DATASET.NAME") != declared[0]:
        return
    dataset, folder = declared
    root = said.get("DATASET.ROOT") or "."
    path = os.path.abspath(os.path.join(os.path.expanduser(root), folder))
    if not os.path.isdir(path):
        raise FileNotFoundError(absent(dataset, path, stem))
