"""A linear classifier whose rows belong to class names, so that classes may come and go."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ClassLinear(nn.Linear):
    """`features @ weight.T + bias`, one row for each class.

    A state dict also holds the class names. Loading takes the rows by name: classes may stand in
    another order, or be some of those trained. The row of a class that was not trained stays as it
    was, and `all_trained` says so.

    Args:
        dim: D.
        classnames: K names.
        weight: (K, D) to start from; by default nn.Linear's.
    """

    def __init__(self, dim: int, classnames: Sequence[str], weight: Tensor | None = None):
        super().__init__(dim, len(classnames))
        self.classnames = list(classnames)
        self.all_trained = True
        if weight is not None:
            self.weight.data.copy_(weight)
            nn.init.zeros_(self.bias)

    def get_extra_state(self) -> list[str]:
        """The class names, in the order of the rows."""
        return self.classnames

    def set_extra_state(self, state: list[str]) -> None:
        """Nothing: the rows were chosen while they were loaded."""

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: object) -> None:
        trained = state_dict.get(f"{prefix}_extra_state", self.classnames)
        self.all_trained = set(self.classnames) <= set(trained)
        if trained != self.classnames:
            # of two classes of one name the first: ImageNet-R's "missile" is ImageNet's first
            row = {name: i for i, name in reversed(list(enumerate(trained)))}
            known = [i for i, name in enumerate(self.classnames) if name in row]
            rows = [row[self.classnames[i]] for i in known]
            for name in ("weight", "bias"):
                own = getattr(self, name).detach().clone()
                own[known] = state_dict[prefix + name][rows].to(own)
                state_dict[prefix + name] = own
        super()._load_from_state_dict(state_dict, prefix, *args)


class LinearHead(nn.Module):
    """Logits of a linear classifier over s times the image features; class features are not read.

    The scale keeps the rows as small as class features, whatever a backbone's scale is.
    """

    def __init__(self, linear: ClassLinear):
        super().__init__()
        self.linear = linear

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) for image features (B, D), L2-normalised, and a zero penalty."""
        logits = self.linear(logit_scale * image_features)
        return logits, torch.zeros((), device=logits.device)


class FreeLinearHead(LinearHead):
    """Logits of a linear classifier whose rows have CLIP's scale in them, as WiSE-FT's have."""

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, K) for image features (B, D), L2-normalised, and a zero penalty."""
        return super().forward(image_features, text_features, 1.0)
