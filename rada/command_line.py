"""What a command line says: its config files, arguments and KEY VALUE options, by dotted key.

Free of PyTorch.
"""

import argparse

from rada import config_files
from rada.kinds import printable
from rada.yaml_files import Placed, read_yaml

# which argument sets which key; CoOp's reset_cfg does the same
ARGUMENTS = {
    "root": "DATASET.ROOT",
    "output_dir": "OUTPUT_DIR",
    "resume": "RESUME",
    "source_domains": "DATASET.SOURCE_DOMAINS",
    "target_domains": "DATASET.TARGET_DOMAINS",
    "transforms": "INPUT.TRANSFORMS",
    "trainer": "TRAINER.NAME",
    "backbone": "MODEL.BACKBONE.NAME",
    "head": "MODEL.HEAD.NAME",
}

Content = dict[str, Placed]  # by dotted key


def read_files(args: argparse.Namespace) -> dict[str, Content]:
    """What the config files say, by path, each above the one before.

    Raises:
        ValueError: for a broken file.
        FileNotFoundError: for one that is not there.
    """
    dataset = args.dataset_config_file
    files = [config_files.require_file(dataset)] if dataset else []
    files += config_files.layers(args.config_file) if args.config_file else []
    return {path: read_yaml(path) for path in files}


def given(args: argparse.Namespace) -> Content:
    """What is set beside the files: arguments, then KEY VALUE options, which win.

    Raises:
        ValueError: for a key without a value.
    """
    if len(args.opts) % 2:
        last = printable(args.opts[-1])
        raise ValueError(f"the command line: options are pairs KEY VALUE, got: {last}")
    content = {}
    for argument, key in ARGUMENTS.items():
        if (value := getattr(args, argument)) and (argument, value) != ("resume", "auto"):
            content[key] = Placed(value, f"--{argument.replace('_', '-')}")
    if args.seed > 0:
        content["SEED"] = Placed(args.seed, "--seed")
    pairs = zip(args.opts[::2], args.opts[1::2], strict=True)
    return content | {key: Placed(value, "the command line") for key, value in pairs}


def chosen_name(node: str, args: argparse.Namespace, files: dict[str, Content]) -> str:
    """NAME of a node, as KEY VALUE option, argument or in a config file, in this order."""
    for content in (given(args), *reversed(files.values())):
        if name := content.get(f"{node}.NAME", Placed("", "")).value:
            return str(name)
    return ""
