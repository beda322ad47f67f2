"""Small tools around modules and their parameters."""

import warnings
from collections.abc import Iterable

import torch
from torch import nn

from dassl.utils.checkpoints import load_checkpoint


def set_bn_to_eval(m: nn.Module) -> None:
    """Keep a batch normalisation's running statistics; for `Module.apply`."""
    if "BatchNorm" in type(m).__name__:
        m.eval()


def open_all_layers(model: nn.Module) -> None:
    """Train every parameter."""
    model.train().requires_grad_(True)


def open_specified_layers(model: nn.Module, open_layers: str | list[str]) -> None:
    """Train the named children, freeze the others and put them into eval mode.

    Raises:
        ValueError: if a name is not an attribute of the model.
    """
    if isinstance(model, nn.DataParallel):
        model = model.module
    names = [open_layers] if isinstance(open_layers, str) else open_layers
    for name in names:
        if not hasattr(model, name):
            raise ValueError(f"{name} is not an attribute of {type(model).__name__}")
    for name, module in model.named_children():
        module.train(name in names).requires_grad_(name in names)


def count_num_param(
    model: nn.Module | None = None, params: Iterable[torch.Tensor | dict] | None = None
) -> int:
    """Number of parameters of a model, or of tensors or {"params": tensor} groups.

    Raises:
        ValueError: if neither is given.
    """
    if model is not None:
        return sum(p.numel() for p in model.parameters())
    if params is None:
        raise ValueError("model and params must provide at least one.")
    return sum((p["params"] if isinstance(p, dict) else p).numel() for p in params)


def load_pretrained_weights(model: nn.Module, weight_path: str) -> None:
    """Load those weights of a file that fit by name and shape; prints which do not.

    Args:
        weight_path: a checkpoint or a plain state dict; "module." before names is ignored.
    """
    checkpoint = load_checkpoint(weight_path)
    weights = checkpoint.get("state_dict", checkpoint)
    own = model.state_dict()
    fitting, discarded = {}, []
    for name, value in weights.items():
        name = name.removeprefix("module.")
        if name in own and own[name].shape == value.shape:
            fitting[name] = value
        else:
            discarded.append(name)
    model.load_state_dict({**own, **fitting})
    if not fitting:
        warnings.warn(f"Cannot load {weight_path} (check the key names manually)", stacklevel=2)
        return
    print(f"Successfully loaded pretrained weights from {weight_path}")
    if discarded:
        print(f"Layers discarded due to unmatched keys or size: {discarded}")


def init_network_weights(model: nn.Module, init_type: str = "normal", gain: float = 0.02) -> None:
    """Initialise convolutions and linear layers, biases with 0, normalisations with 1 and 0.

    Args:
        init_type: normal (std gain), xavier, kaiming or orthogonal.

    Raises:
        ValueError: for another init_type.
    """
    inits = {
        "normal": lambda weight: nn.init.normal_(weight, 0.0, gain),
        "xavier": lambda weight: nn.init.xavier_normal_(weight, gain=gain),
        "kaiming": lambda weight: nn.init.kaiming_normal_(weight, a=0, mode="fan_in"),
        "orthogonal": lambda weight: nn.init.orthogonal_(weight, gain=gain),
    }
    if init_type not in inits:
        raise ValueError(f"init_type is one of {list(inits)}; got {init_type}")
    for module in model.modules():
        kind = type(module).__name__
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if weight is not None and ("Conv" in kind or "Linear" in kind):
            inits[init_type](weight)
        elif weight is not None and ("BatchNorm" in kind or "InstanceNorm" in kind):
            nn.init.ones_(weight)
        else:
            continue
        if bias is not None:
            nn.init.zeros_(bias)
