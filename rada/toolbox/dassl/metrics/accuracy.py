"""Top-k accuracy."""

from torch import Tensor


def compute_accuracy(
    output: Tensor | tuple | list, target: Tensor, topk: tuple[int, ...] = (1,)
) -> list[Tensor]:
    """Share of samples whose label is among the k largest predictions.

    Args:
        output: predictions (B, K), or a tuple or list that starts with them.
        target: labels (B,).
        topk: the k, each at most K.

    Returns:
        Percentages, one tensor (1,) per k.
    """
    if isinstance(output, tuple | list):
        output = output[0]
    ranked = output.topk(max(topk), dim=1).indices
    hits = ranked == target[:, None]  # (B, k)
    return [hits[:, :k].float().sum().reshape(1) * (100.0 / len(target)) for k in topk]
