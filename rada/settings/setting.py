"""What the keys of the config may be, and what they do.

A `Setting` declares one key: its default, what is allowed and a line of help. The checks, their
messages and the tables of `rada settings` all come from it. Free of PyTorch.
"""

from dataclasses import dataclass, replace
from typing import Any

from rada.kinds import (
    Flag,
    Kind,
    Number,
    OneOf,
    PathText,
    Several,
    Text,
    Whole,
    decoded,
    inferred,
    shown,
)
from rada.precisions import PRECISIONS


@dataclass(frozen=True)
class Setting:
    """One key of the config.

    Args:
        default: what it is unless it is set.
        help: one line; what it does, with its unit.
        kind: what it may be.
    """

    default: Any
    help: str
    kind: Kind

    def taken(self, value: Any) -> Any:
        """A value from a file or, as a string, from a command line, as the config keeps it.

        Raises:
            ValueError: if it is not allowed, saying what is.
        """
        read = decoded(value) if self.kind.from_text else value
        try:
            taken = self.kind.taken(read)
        except (ValueError, RecursionError) as error:
            said = str(error)
            if not (self.kind.from_text or isinstance(value, str)):
                said = "put quotes around it to make it text"
            more = f" ({said})" if said else ""
            raise ValueError(f"{shown(value)}{more}; it is {self.kind.words()}") from None
        return list(taken) if isinstance(self.default, list) else taken


def setting_of(declared: Any) -> Setting:
    """What a node declares for a key: a Setting, or no more than a default."""
    if isinstance(declared, Setting):
        return declared
    return Setting(declared, "", inferred(declared))


def defaults(node: dict) -> dict:
    """The defaults of a node of settings, nodes inside of it included."""
    return {
        key: defaults(value) if isinstance(value, dict) else setting_of(value).default
        for key, value in node.items()
    }


def with_defaults(node: dict, **changed: Any) -> dict:
    """A node with other defaults for some of its keys.

    Raises:
        KeyError: for a key that it does not have.
    """
    return node | {key: replace(node[key], default=value) for key, value in changed.items()}


def whole(default: int, help: str, **bounds: float) -> Setting:
    """A whole number; bounds as in `Number`."""
    return Setting(default, help, Whole(**bounds))


def number(default: float, help: str, **bounds: float) -> Setting:
    """A number; bounds as in `Number`."""
    return Setting(default, help, Number(**bounds))


def share(default: float, help: str) -> Setting:
    """A share: a number from 0 to 1."""
    return number(default, help, least=0, most=1)


def choice(default: str, help: str, *choices: str) -> Setting:
    """One of some strings."""
    return Setting(default, help, OneOf(choices))


def flag(default: bool, help: str) -> Setting:
    """True or False."""
    return Setting(default, help, Flag())


def text(default: str, help: str) -> Setting:
    """Any string."""
    return Setting(default, help, Text())


def path(default: str, help: str) -> Setting:
    """The path of a file or folder."""
    return Setting(default, help, PathText("a path"))


def several(default: tuple | list, help: str, of: Kind, *numbers: int, **more: Any) -> Setting:
    """A tuple or list of one kind, as the default is; `more` as in `Several`."""
    return Setting(default, help, Several(of, numbers, **more))


def text_prompts(default: int, help: str) -> Setting:
    """How many prompts are among the 77 tokens of a text, whose start and end are two."""
    return whole(default, help, least=1, most=75)


def template(default: str, help: str) -> Setting:
    """A sentence in which {} stands for the class name; empty: another one takes its place."""
    return Setting(default, help, Text('text with one "{}", or empty', wrong_with_template))


def wrong_with_template(value: str) -> str:
    """What is wrong with a template; empty: nothing."""
    if not value or (value.count("{}") == 1 and value.count("{") == value.count("}") == 1):
        return ""
    return 'the class name takes the place of "{}", which has to be in it once'


def precision(default: str = "fp32") -> Setting:
    """PREC, of a trainer's encoders."""
    return choice(default, "what the encoders compute in", *PRECISIONS)
