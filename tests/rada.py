"""Shared by the tests of the RAda head: reference weights, random heads and features."""

import zlib

import numpy as np
import torch
import torch.nn.functional as F

from rada.head.rational import RAdaHead

# names of the layers in the golden files
LAYERS = {
    "q_proj1": "query_image",
    "q_proj2": "query_text",
    "q_proj3": "query_rational",
    "k_proj": "key",
    "v_proj": "value",
    "out_proj": "out",
}


def parameter(head: RAdaHead, golden_name: str) -> torch.nn.Parameter:
    """The head's parameter that the golden files call, say, "q_proj1.weight"."""
    layer, kind = golden_name.split(".")
    return getattr(getattr(head.mask, LAYERS[layer]), kind)


def load_weights(head: RAdaHead, weights: dict) -> RAdaHead:
    """Set all parameters from arrays under their golden names."""
    with torch.no_grad():
        for layer in LAYERS:
            for kind in ("weight", "bias"):
                name = f"{layer}.{kind}"
                parameter(head, name).copy_(torch.from_numpy(weights[name]))
    return head


def drawn_weights(seed: int, dim: int) -> dict:
    """The seeded draw "full" of the golden README: weights std D^-0.5, biases std 0.3."""
    weights = {}
    for layer in LAYERS:
        for kind, shape, std in (("weight", (dim, dim), dim**-0.5), ("bias", (dim,), 0.3)):
            name = f"{layer}.{kind}"
            generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
            weights[name] = (generator.standard_normal(shape) * std).astype(np.float32)
    return weights


def random_head(dim: int = 16, num_heads: int = 2, **options) -> RAdaHead:
    """A float64 head with the draw "full", mask far from 1."""
    head = RAdaHead(dim, num_heads, **options).double()
    return load_weights(head, drawn_weights(7, dim))


def features(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Random vectors of norm 1."""
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=generator, dtype=dtype), dim=-1)


def head_inputs(num_images=3, num_classes=4, dim=16, per_image=False):
    """Image features, text features and scale, all requiring gradients."""
    shape = (num_images, num_classes, dim) if per_image else (num_classes, dim)
    scale = torch.tensor(20.0, dtype=torch.float64)
    tensors = features(num_images, dim), features(*shape, seed=1), scale
    return [tensor.requires_grad_() for tensor in tensors]
