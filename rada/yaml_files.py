"""Config files, read with care: what is in them by dotted key, and on which line it stands.

Whatever a file holds, it ends in a dict or in a ValueError of one line that names file and line.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from rada.kinds import printable

LARGEST = 1_000_000  # bytes of a file, far beyond any config
MOST = 10_000  # nodes of a file, those behind its aliases counted each time


class Placed(NamedTuple):
    """A value and where it stands, such as "configs/datasets/dtd.yaml, line 2"."""

    value: Any
    where: str


def read_yaml(path: str) -> dict[str, Placed]:
    """The values of a file by dotted key; an empty file has none.

    A key without a value, such as one whose own keys are commented out, has the value None.

    Raises:
        ValueError: if it is no YAML, or no tree of KEY: VALUE pairs.
        OSError: if it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig") as stream:
            text = stream.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ValueError(f"{path}: larger than {LARGEST:,} characters; it is no config")
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return {}
        reader = _Reader(path, loader)
        reader.require_small(root)
        return dict(reader.pairs(root))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: no UTF-8 text (byte {error.start:,}); save it as UTF-8"
        ) from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path}{_place(error)}: {_reason(error)}") from None
    except RecursionError:
        raise ValueError(f"{path}: nested too deep for a config") from None


class _Reader:
    def __init__(self, path: str, loader: yaml.SafeLoader):
        self.path, self.loader = path, loader

    def where(self, node: Node) -> str:
        return f"{self.path}, line {node.start_mark.line + 1}"

    def pairs(self, node: Node, prefix: str = "") -> Iterator[tuple[str, Placed]]:
        """Dotted keys and values of a mapping and those inside it."""
        if not isinstance(node, MappingNode):
            raise ValueError(f"{self.where(node)}: {prefix[:-1] or 'it'} holds no KEY: VALUE pairs")
        self.loader.flatten_mapping(node)
        known: set[str] = set()
        for key, value in node.value:
            name = key.value
            if not is_name(key):
                raise ValueError(f"{self.where(key)}: the key {prefix}{shown_key(key)} is no name")
            if name in known:
                raise ValueError(f"{self.where(key)}: {prefix}{name} stands there twice")
            known.add(name)
            if isinstance(value, MappingNode):
                yield from self.pairs(value, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", Placed(self.value(value), self.where(value))

    def value(self, node: Node) -> Any:
        """What a node that is no mapping stands for."""
        try:
            return self.loader.construct_object(node, deep=True)
        except (ValueError, OverflowError, TypeError) as error:  # no such date, or a huge integer
            raise ValueError(f"{self.where(node)}: {error}") from None

    def require_small(self, root: Node) -> None:
        """Raise ValueError for a tree without end: aliases let a short file be one."""
        waiting = [root]
        for _ in range(MOST):
            if not waiting:
                return
            inside = waiting.pop().value
            if isinstance(inside, list):  # nodes, or of a mapping pairs of them
                waiting += [
                    n for part in inside for n in (part if isinstance(part, tuple) else (part,))
                ]
        raise ValueError(f"{self.where(root)}: more than {MOST:,} values, or one inside of itself")


def is_name(key: Node) -> bool:
    """Whether a key is text that can stand in a line."""
    text = isinstance(key, ScalarNode) and key.tag == "tag:yaml.org,2002:str"
    return text and bool(key.value) and key.value.isprintable()


def shown_key(node: Node) -> str:
    """A key for an error line."""
    return printable(str(node.value)[:40]) if isinstance(node, ScalarNode) else "of several parts"


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _reason(error: yaml.YAMLError) -> str:
    said = (getattr(error, "context", None), getattr(error, "problem", None))
    return " ".join(" ".join(filter(None, said)).split()) or " ".join(str(error).split())
