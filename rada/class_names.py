"""Class names: as words of a sentence, all different, and where a test set has names of its own.

ObjectNet's classes are not called as ImageNet's, and some are several of those: it says which
(`trained_names`). A classifier over ImageNet's names then answers with the largest of a class's
logits, as in WiSE-FT.
"""

from typing import Any

import torch
from torch import Tensor

from rada.backbones.weights import import_clip


def spoken(classname: str) -> str:
    """A class name as it stands in a sentence: underscores become blanks, as in CoOp."""
    return classname.replace("_", " ")


def require_distinct(classnames: list[str], dataset: type) -> None:
    """Raise ValueError if a class has no name, or two have names that CLIP reads as the same text.

    It does so where only case, blanks, HTML entities or Unicode's ways of writing a letter differ.
    A dataset that was published so says `shared_names = True`, as ImageNet's ("missile").
    """
    first: dict[tuple[int, ...], int] = {}
    for label, tokens in enumerate(tokens_of(classnames)):
        if not tokens:
            raise ValueError(f"class {label} of {dataset.__name__} has an empty name; give it one")
        other = first.setdefault(tokens, label)
        if other != label and not getattr(dataset, "shared_names", False):
            name, same = classnames[label], classnames[other]
            both = f'both named "{name}"' if name == same else f'named "{same}" and "{name}"'
            raise ValueError(
                f"classes {other} and {label} of {dataset.__name__} are {both}; "
                "CLIP cannot tell them apart: rename one"
            )


def tokens_of(classnames: list[str]) -> list[tuple[int, ...]]:
    """What CLIP reads in each name, token by token, without start and end."""
    rows = import_clip().tokenize([spoken(name) for name in classnames], truncate=True)
    return [tuple(row[1 : int(row.argmax())].tolist()) for row in rows]


def class_mapping(dataset: Any, by_trained_names: bool) -> tuple[list[str], Tensor | None]:
    """Class names to work with, R of them, and the class (R,) that each of them stands for.

    Args:
        dataset: its `trained_names`, if it has them, are lists of names by class name.
        by_trained_names: whether these are asked for.

    Returns:
        The test set's own names and None, where each stands for itself.
    """
    trained: dict[str, list[str]] | None = getattr(dataset, "trained_names", None)
    if trained is None or not by_trained_names:
        return dataset.classnames, None
    names = [name for classname in dataset.classnames for name in trained[classname]]
    groups = [k for k, classname in enumerate(dataset.classnames) for _ in trained[classname]]
    return names, torch.tensor(groups)
