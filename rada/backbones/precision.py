"""The precisions that encoders compute in."""

import torch
from torch import nn

from rada.backbones.openai_clip import CLIP
from rada.precisions import PRECISIONS

HALVES = {"fp16": torch.float16, "bf16": torch.bfloat16}  # that weights are cast to


def require_precision(precision: str, known: tuple[str, ...] = PRECISIONS) -> None:
    """Raise ValueError unless a precision is one of these."""
    if precision not in known:
        raise ValueError(f'unknown precision "{precision}"; PREC is one of {", ".join(known)}')


def autocast(precision: str, device: str) -> torch.autocast:
    """The context that "amp" and "amp_bf16" encode in; all others change nothing.

    Args:
        precision: one of PRECISIONS; "amp" is float16 on a GPU and bfloat16 on a CPU.
        device: type of the device.
    """
    half = precision == "amp" and device == "cuda"
    dtype = torch.float16 if half else torch.bfloat16
    return torch.autocast(device, dtype, enabled=precision.startswith("amp"))


def autocast_dtype(tensor: torch.Tensor) -> torch.dtype:
    """The type of a product of this tensor, here and now."""
    device = tensor.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else tensor.dtype


def at_least_float32(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor in float32; in float64 it stays, so that a model can be checked in that."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def cast(model: CLIP, dtype: torch.dtype) -> None:
    """Cast the matrices of a CLIP model; LayerNorms and embeddings stay float32, as in OpenAI's."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.MultiheadAttention):
            module.to(dtype)
    for projection in (model.text_projection, getattr(model.visual, "proj", None)):
        if projection is not None:
            projection.data = projection.data.to(dtype)
