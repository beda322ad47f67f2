"""The names results are ordered and paired by."""

import difflib
from collections.abc import Iterable

# The eleven real sets, in the order of the published tables.
BENCHMARKS = (
    "imagenet",
    "caltech101",
    "oxford_pets",
    "stanford_cars",
    "oxford_flowers",
    "food101",
    "fgvc_aircraft",
    "sun397",
    "dtd",
    "eurosat",
    "ucf101",
)
EMBEDDED = ("blueprints", "fabrics", "tints", "herds", "heatmaps", "digits")
HALVES = {"base": "train_base", "new": "test_new"}


PLAIN = "_plain"  # an embedded set without its shift of domain, a control
REAL_SETS, EMBEDDED_SETS, PLAIN_SETS = "real sets", "embedded sets", "plain embedded sets"


def family(dataset: str) -> str:
    """Which datasets are averaged together: real, embedded and control sets stay apart."""
    if dataset in EMBEDDED:
        return EMBEDDED_SETS
    return PLAIN_SETS if dataset.removesuffix(PLAIN) in EMBEDDED else REAL_SETS


def default_config(dataset: str) -> str:
    """The trainer config a dataset is run with (scripts/common.sh chooses the same)."""
    return "vit_b16_ctxv1" if family(dataset) == REAL_SETS else "world"


def dataset_order(name: str) -> tuple:
    """Sort key: the published order, then the embedded world, then everything else by name."""
    known = BENCHMARKS + EMBEDDED + tuple(name + PLAIN for name in EMBEDDED)
    return (known.index(name) if name in known else len(known), name)


def plain_trainer(name: str) -> str | None:
    """The trainer a RAda trainer is compared with, or None: RAda + X is called RAdaX."""
    if name == "RAda":
        return "ZeroshotCLIP"
    return name.removeprefix("RAda") if name.startswith("RAda") else None


def trainer_order(name: str) -> tuple:
    """Sort key: zero-shot CLIP first, then by name; each RAda trainer right after its plain one."""
    plain = plain_trainer(name) or name
    return (plain != "ZeroshotCLIP", plain.lower(), plain != name)


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of an error line: the nearest known name, else all of them."""
    known = sorted(known)
    lower = {item.lower(): item for item in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    if near:
        return f'; did you mean "{lower[near[0]]}"?'
    return f"; known: {', '.join(known)}" if known else ""
