"""What a value from outside may be: a number, a choice, text, several of a kind.

Settings (`rada.settings`) and files that are read back (`rada.records`) are checked by these. Free
of PyTorch.
"""

import ast
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Kind:
    """What is allowed."""

    from_text = True  # whether a string stands for a Python value, as in yacs

    def taken(self, value: Any) -> Any:
        """The value as it is kept.

        Raises:
            ValueError: if it is not allowed; with a message only where there is more to say than
                `words`.
        """
        raise NotImplementedError

    def words(self) -> str:
        """What is allowed, such as "a whole number, at least 1"."""
        raise NotImplementedError


@dataclass(frozen=True)
class Number(Kind):
    """A finite number.

    Args:
        least, most: bounds that are allowed themselves.
        above, below: bounds that are not.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def taken(self, value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not abs(value) < 1e300:  # infinity, NaN, or an integer beyond a float
            raise ValueError
        too_small = self.least is not None and value < self.least
        too_small |= self.above is not None and value <= self.above
        too_large = self.most is not None and value > self.most
        too_large |= self.below is not None and value >= self.below
        if too_small or too_large:
            raise ValueError
        return float(value)

    def words(self) -> str:
        return self._within("a number")

    def _within(self, name: str) -> str:
        bounds = (
            ("at least", self.least),
            ("above", self.above),
            ("at most", self.most),
            ("below", self.below),
        )
        said = [f"{word} {bound:,}" for word, bound in bounds if bound is not None]
        return ", ".join(filter(None, (name, " and ".join(said))))


@dataclass(frozen=True)
class Whole(Number):
    """A number without a fraction.

    Args:
        odd: whether it has to be.
    """

    odd: bool = False

    def taken(self, value: Any) -> int:
        if super().taken(value) != int(value) or (self.odd and not int(value) % 2):
            raise ValueError
        return int(value)

    def words(self) -> str:
        return self._within("an odd number" if self.odd else "a whole number")


@dataclass(frozen=True)
class OneOf(Kind):
    """One of some strings."""

    choices: tuple[str, ...]
    from_text = False

    def taken(self, value: Any) -> str:
        if value not in self.choices or not isinstance(value, str):
            raise ValueError
        return value

    def words(self) -> str:
        return "one of " + ", ".join(choice or "(empty)" for choice in self.choices)


@dataclass(frozen=True)
class Flag(Kind):
    """True or False."""

    def taken(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def words(self) -> str:
        return "True or False"


@dataclass(frozen=True)
class Text(Kind):
    """A string, also one that looks like a Python value.

    Args:
        said: what it has to be, in words.
        wrong: from a string to what is wrong with it; empty: nothing.
    """

    said: str = "text"
    wrong: Callable[[str], str] = lambda value: ""
    from_text = False

    def taken(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError
        if "\0" in value:
            raise ValueError("a zero byte is in it")
        if wrong := self.wrong(value):
            raise ValueError(wrong)
        return value

    def words(self) -> str:
        return self.said


@dataclass(frozen=True)
class PathText(Text):
    """The path of a file or folder; ~ is the home folder, also where no shell has said so."""

    def taken(self, value: Any) -> str:
        return os.path.expanduser(super().taken(value))


@dataclass(frozen=True)
class Several(Kind):
    """A tuple, or list, of one kind.

    Args:
        of: the kind of each.
        numbers: how many there may be; empty: any number.
        wrong: from all values to what is wrong with them together; empty: nothing.
    """

    of: Kind
    numbers: tuple[int, ...] = ()
    wrong: Callable[[tuple], str] = lambda values: ""

    def taken(self, value: Any) -> tuple:
        if not isinstance(value, tuple | list):
            raise ValueError
        if self.numbers and len(value) not in self.numbers:
            raise ValueError
        values = tuple(map(self.of.taken, value))
        if wrong := self.wrong(values):
            raise ValueError(wrong)
        return values

    def words(self) -> str:
        number = " or ".join(map(str, self.numbers)) if self.numbers else "any number"
        return f"(...) of {number}, each {self.of.words()}"


@dataclass(frozen=True)
class Anything(Kind):
    """Whatever somebody declared without a kind."""

    def taken(self, value: Any) -> Any:
        return value

    def words(self) -> str:
        return "anything"


def inferred(default: Any) -> Kind:
    """The kind of a key that is declared by its default alone: its type."""
    if isinstance(default, bool):
        return Flag()
    if isinstance(default, int | float):
        return Whole() if isinstance(default, int) else Number()
    if isinstance(default, str):
        return Text()
    if isinstance(default, tuple | list):
        return Several(Anything())
    return Anything()


def decoded(value: Any) -> Any:
    """A string as the Python value that it writes down, if it does."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def shown(value: Any) -> str:
    """A value for an error line: short, on one line, strings in quotes."""
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except (ValueError, RecursionError):  # a huge integer, or one inside of itself
        return f"a {type(value).__name__} too large to show"
    text = printable(text)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text):,} characters)"


def printable(text: str) -> str:
    """A text without what would break a line, move a cursor, or is no letter at all."""
    return "".join(c if c.isprintable() else "?" for c in text)
