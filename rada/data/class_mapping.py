"""Class names that a method works with where a test set calls classes otherwise than the training.

ObjectNet's classes are not called as ImageNet's, and some are several of those: it says which
(`trained_names`). A classifier over ImageNet's names then answers with the largest of a class's
logits, as in WiSE-FT.
"""

import torch
from torch import Tensor


def class_mapping(dataset, by_trained_names: bool) -> tuple[list[str], Tensor | None]:
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
