"""The tables of settings, `rada settings [TRAINER ...]`, and docs/settings.md, made of them.

rada settings              what every run has
rada settings RAdaCoOp     what a trainer has beside that
rada settings --docs       docs/settings.md
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tabulate import tabulate

from rada.files import suggestion
from rada.program import run_program
from rada.settings.setting import Setting
from rada.settings.table import Table, usual_table

INTRODUCTION = """# Settings

Every key of the config: as `KEY VALUE` pairs at the end of a command line, or in YAML files. A
value that its key cannot have ends in one line before anything is built, wherever it comes from.
`rada settings` prints the first table, `rada settings RAdaCoOp` a trainer's; they and this page
(`rada settings --docs > docs/settings.md`) are made of what the code declares.

An OPTIM node below a trainer's has all keys of OPTIM but MAX_EPOCH; here are those whose default
differs.
"""


def cli(argv: list[str] | None = None) -> int:
    """Print the tables; the exit code."""
    parser = argparse.ArgumentParser(prog="rada settings", description="All settings of a run.")
    parser.add_argument("trainer", nargs="*", help="whose own settings to show; none: all runs'")
    parser.add_argument("--docs", action="store_true", help="print docs/settings.md")
    args = parser.parse_args(argv)
    return run_program(lambda: print(text_of(args)))


def text_of(args: argparse.Namespace) -> str:
    """What the command line asks for."""
    if args.docs:
        return "\n".join(page())
    if args.trainer:
        return "\n\n".join(drawn(own_settings(name), "simple") for name in args.trainer)
    return drawn(usual_settings(), "simple")


def usual_settings() -> dict[str, Setting]:
    """What every run has, by dotted key."""
    return usual_table().settings


def own_settings(trainer: str) -> dict[str, Setting]:
    """What a trainer has beside that, or with another default.

    Raises:
        ValueError: if there is no such trainer.
    """
    from rada.engine.config import defaults_of
    from rada.engine.registry import registered

    known = registered()
    if trainer not in known:
        raise ValueError(f'unknown trainer "{trainer}"{suggestion(trainer, known)}')
    usual = usual_table()
    _, table = defaults_of(known[trainer])
    return {
        key: setting
        for key, setting in own_of(table).items()
        if key not in usual or usual.settings[key].default != setting.default
    }


def own_of(table: Table) -> dict[str, Setting]:
    """A table's settings but those of Dassl's own methods, which nobody declares."""
    return {
        key: setting
        for key, setting in table.settings.items()
        if setting.help or not key.startswith("TRAINER.")
    }


def drawn(settings: dict[str, Setting], style: str) -> str:
    """A table in a style of tabulate's."""
    rows = [
        (key, shown_default(setting.default), setting.kind.words(), setting.help)
        for key, setting in settings.items()
    ]
    headers = ("key", "default", "allowed", "what it is")
    table = tabulate(rows, headers, style, disable_numparse=True)
    return re.sub(" {2,}|-{4,}", squeezed, table) if style == "github" else table


def squeezed(run: re.Match) -> str:
    """What stands in place of many blanks or dashes: renderers need no columns."""
    return " " if run[0][0] == " " else "---"


def shown_default(value: object) -> str:
    """A default as it is written on a command line."""
    return str(value) if str(value) else '""'


def page() -> Iterator[str]:
    """The lines of docs/settings.md."""
    from rada.engine.registry import registered

    yield INTRODUCTION
    yield "## All runs\n"
    yield drawn(usual_settings(), "github")
    for title, settings in sections(registered()):
        yield f"\n## {title}\n"
        yield drawn(settings, "github")


def sections(trainers: Iterable[str]) -> Iterator[tuple[str, dict[str, Setting]]]:
    """Titles and settings of the nodes below TRAINER, each once, and of DATASET.CUSTOM."""
    from rada.datasets.custom import Custom

    nodes: dict[str, dict[str, Setting]] = defaultdict(dict)
    users: dict[str, dict[str, None]] = defaultdict(dict)  # in order, each once
    for trainer in sorted(trainers):
        for key, setting in told(own_settings(trainer)):
            node = ".".join(key.split(".")[:2])
            nodes[node][key], users[node][trainer] = setting, None
    for node in sorted(nodes):
        yield f"{node}: {', '.join(users[node])}", nodes[node]
    custom = {f"DATASET.CUSTOM.{key}": setting for key, setting in Custom.node.items()}
    yield "DATASET.CUSTOM: your own pictures ([custom.md](custom.md))", custom


def told(settings: dict[str, Setting]) -> Iterator[tuple[str, Setting]]:
    """Those below TRAINER, without what an OPTIM node has as OPTIM has it."""
    usual = usual_settings()
    for key, setting in settings.items():
        same = usual.get(f"OPTIM.{key.rpartition('.OPTIM.')[2]}")
        if key.startswith("TRAINER.") and not (same and same.default == setting.default):
            yield key, setting
