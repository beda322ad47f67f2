"""A copy of the RAda mask for each of many images, tuned side by side.

`RationalMask` with weights (E, D, D) in place of (D, D): episode e has v
views of one image and weights of its own. The sums over views and classes are those of the
original, so an episode's numbers do not depend on who is tuned beside it.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from rada.head.attention import joint_attention
from rada.head.inputs import Operands, join_heads, split_heads
from rada.head.rational import RationalMask

# rows (view, class) worked on at a time: few enough for a core's cache; on other devices, where few
# large kernels are better, as many as episodes bring at once. That was never measured there.
ROWS_ON_CPU, ROWS_ELSEWHERE = 1600, 24_000


class MaskCopies:
    """E copies of a mask's weights.

    Args:
        mask: to copy; stays as it is.
        count: E.
        steps: that will be taken.

    Raises:
        ValueError: if E is below 0.

    Attributes:
        tuned: weights (E, D, D) and biases (E, D) by their names in RationalMask. As long as `out`
            is zero the first gradient reaches `out` alone; then, with one step to take, the other
            layers are (1, ...), shared: they have no gradient and only decay.
    """

    def __init__(self, mask: RationalMask, count: int, steps: int):
        if count < 0:
            raise ValueError(f"a mask cannot be copied {count} times; give 0 or more")
        self.mask = mask
        out_alone = steps <= 1 and is_one(mask)
        self.tuned: dict[str, Tensor] = {}
        for name, parameter in mask.named_parameters():
            moves = name.startswith("out.") or not out_alone
            copies = parameter.detach().expand(count if moves else 1, *parameter.shape).clone()
            self.tuned[name] = copies.requires_grad_(moves)

    def logits(self, image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
        """Logits (E, v, K) of the masked rational matrices, rounded as those of `RAdaHead`.

        Args:
            image_features: (E, v, D), L2-normalised.
            text_features: (1, K, D), or (E, K, D) for class features per episode, L2-normalised.
            scale: s.

        Raises:
            ValueError: if there is no view or no class.
        """
        if not image_features.shape[1] or not text_features.shape[1]:
            raise ValueError(
                f"{image_features.shape[1]} views of {text_features.shape[1]} classes have no "
                "logits; give at least one view and one class"
            )
        text = text_features.expand(len(image_features), -1, -1)
        with torch.autocast(image_features.device.type, enabled=False):
            rows = rows_at_once(image_features.device)
            some = max(1, rows // (image_features.shape[1] * text.shape[1]))
            parts = zip(
                image_features.split(some), text.split(some), self._split(some), strict=True
            )
            return torch.cat([self._logits(*part, scale) for part in parts])

    def _split(self, some: int) -> Iterator[dict[str, Tensor]]:
        """The weights of so many episodes at a time."""
        names, copies = self.tuned.keys(), max(map(len, self.tuned.values()))
        number = -(-copies // some)
        pieces = [t.split(some) if len(t) == copies else (t,) * number for t in self.tuned.values()]
        return (dict(zip(names, part, strict=True)) for part in zip(*pieces, strict=True))

    def _logits(self, image: Tensor, text: Tensor, weights: dict, scale: Tensor) -> Tensor:
        def layer(name: str, rows: Tensor) -> Tensor:  # (E, n, D)
            return linear(rows, weights[f"{name}.weight"], weights[f"{name}.bias"])

        heads, attention_scale = self.mask.heads
        root = scale.sqrt()
        rational = (scale * image)[:, :, None] * text[:, None]  # s R, (E, v, K, D)
        rows = rational.flatten(1, 2)  # (E, v K, D)
        key_and_value = layer("key", rows), layer("value", rows)
        query_image = layer("query_image", root * image)  # (E, v, D)
        query_text = layer("query_text", root * text)  # (E, K, D), the same for all views
        query_rational = layer("query_rational", rows)
        parts = (
            query_image.flatten(0, 1)[:, None],
            query_text[:, None].expand_as(rational).flatten(0, 1),
            *(each.view(-1, *rational.shape[2:]) for each in (query_rational, *key_and_value)),
        )
        problems = Operands(*(split_heads(part, heads) for part in parts))
        attended = join_heads(joint_attention(problems, attention_scale), heads)  # (E v, K, D)
        change = layer("out", attended.view_as(rows))
        change = F.threshold(change, -1, -1)  # M - 1 = relu(1 + x) - 1 = max(x, -1)
        cosine = scale * image @ text.mT  # with M = 1 the logits are CLIP's own
        return cosine + (rational * change.view_as(rational)).sum(-1)


def rows_at_once(device: torch.device) -> int:
    """Rows (view, class) of rational matrices to work on at a time on a device."""
    return ROWS_ON_CPU if device.type == "cpu" else ROWS_ELSEWHERE


def is_one(mask: RationalMask) -> bool:
    """Whether a mask is one everywhere for any features, as at initialisation."""
    return not any(parameter.any() for parameter in mask.out.parameters())


def linear(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """An affine map per episode: rows (E, n, D), weights (1 or E, D, D), biases (1 or E, D)."""
    if len(weight) == 1:
        return F.linear(rows, weight[0], bias[0])
    return torch.baddbmm(bias[:, None], rows, weight.mT)
