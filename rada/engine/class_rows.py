"""Class names that a method works with where a test set calls classes otherwise than the training.

ObjectNet's classes are not called as ImageNet's, and some are several of those: it says which
(`trained_names`). A classifier over ImageNet's names then answers with the largest of a class's
logits, as in WiSE-FT.
"""

import torch
from torch import Tensor


class ClassRows:
    """Mixin of `CLIPTrainer`.

    Attributes:
        knows_trained_names_only: whether what is learned belongs to the names of the training; all
            others use the test set's own names unless DATASET.TRAINED_NAMES is True.
    """

    knows_trained_names_only = False

    def class_rows(self) -> tuple[list[str], Tensor | None]:
        """Class names to work with, and the class that each stands for; None: each for its own.

        Raises:
            ValueError: if a trainer that learns from test pictures is asked for it.
        """
        cfg, dataset = self.cfg, self.dm.dataset
        asked = self.knows_trained_names_only or cfg.DATASET.get("TRAINED_NAMES", False)
        trained: dict[str, list[str]] | None = getattr(dataset, "trained_names", None)
        if trained is None or not asked:
            return dataset.classnames, None
        if hasattr(self, "build_episodes"):
            raise ValueError(f"{cfg.TRAINER.NAME} has no DATASET.TRAINED_NAMES; set it to False")
        names = [name for classname in dataset.classnames for name in trained[classname]]
        groups = [k for k, classname in enumerate(dataset.classnames) for _ in trained[classname]]
        return names, torch.tensor(groups)
