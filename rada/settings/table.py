"""All keys of a run's config, and what each of them may be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from yacs.config import CfgNode

from dassl.config import get_cfg_default
from rada.files import did_you_mean
from rada.kinds import printable, shown
from rada.settings.ours import DATASET, EPISODE, EVERY_RUN
from rada.settings.setting import Setting, defaults, setting_of
from rada.settings.toolbox import TOOLBOX


def dotted(node: dict, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested dicts."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def nodes(node: dict, prefix: str = "") -> Iterator[str]:
    """Dotted keys of the dicts inside of a dict."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield f"{prefix}{key}"
            yield from nodes(value, f"{prefix}{key}.")


class Table:
    """The keys of a config and what each may be.

    Args:
        cfg: nested dicts of defaults.
        declared: nested dicts of settings; of several for a key the first one counts, and what
            nobody declares has its default's type.

    Attributes:
        settings: by dotted key, in the order of the config.
        nodes: dotted keys of the nested dicts.
    """

    def __init__(self, cfg: dict, *declared: dict):
        known = {key: value for node in reversed(declared) for key, value in dotted(node)}
        self.nodes = set(nodes(cfg))
        self.settings: dict[str, Setting] = {}
        for key, default in dotted(cfg):
            self.settings[key] = replace(setting_of(known.get(key, default)), default=default)

    def __contains__(self, key: str) -> bool:
        return key in self.settings or key in self.nodes

    def taken(self, key: str, value: Any, where: str) -> Any:
        """A value as the config keeps it.

        Args:
            key: dotted.
            value: from a file or a command line.
            where: it stands, for the message.

        Raises:
            ValueError: for a key that does not exist, or a value that it cannot have.
        """
        if key in self.nodes and value is None:  # a node whose keys are all commented out
            return None
        if key in self.nodes:
            own = ", ".join(
                k.removeprefix(f"{key}.") for k in self.settings if k.startswith(f"{key}.")
            )
            raise ValueError(
                f"{where}: {key} has keys of its own ({own[:100]}), got {shown(value)}"
            )
        if key not in self.settings:
            near = did_you_mean(key, self.settings)
            raise ValueError(f"{where}: unknown config key {printable(key[:100])}{near}")
        try:
            return self.settings[key].taken(value)
        except ValueError as error:
            raise ValueError(f"{where}: {key} is {error}") from None


def extend(cfg: CfgNode, declared: dict[str, dict]) -> None:
    """Add the defaults of declared keys to a config, by the names of their nodes."""
    for name, node in defaults(declared).items():
        cfg.setdefault(name, CfgNode()).update(CfgNode(node))


def usual_table() -> Table:
    """What every run has; below TRAINER and DATASET.CUSTOM there is more."""
    ours = EVERY_RUN | {"DATASET": DATASET, "TEST": EVERY_RUN["TEST"] | EPISODE}
    cfg = get_cfg_default()
    extend(cfg, ours)
    cfg.TRAINER = CfgNode({"NAME": ""})
    return Table(cfg, ours, TOOLBOX)


def require_together(cfg: dict) -> None:
    """Raise ValueError for values that each may be, but not together."""
    optim = cfg["OPTIM"]
    if optim["WARMUP_EPOCH"] > optim["MAX_EPOCH"]:
        raise ValueError(
            f"OPTIM.WARMUP_EPOCH is {optim['WARMUP_EPOCH']}, more than OPTIM.MAX_EPOCH "
            f"{optim['MAX_EPOCH']}: the warm-up would never end"
        )
