"""The golden tiny CLIPs, drawn from their specification or by the same recipe in another size."""

import json
import zlib
from pathlib import Path

import numpy as np
import torch

from rada.backbones.backbone import Backbone
from rada.backbones.weights import import_clip

GOLDEN = Path(__file__).parent / "golden"


def draw_state_dict(spec: str = "tinyclip_spec.json") -> dict[str, torch.Tensor]:
    """Weights by OpenAI's names, as the specification says: float32, with float16 values."""
    content = json.loads((GOLDEN / spec).read_text())
    seed = content["config"]["seed"]
    return {key["key"]: _draw(key, seed, content["config"]) for key in content["keys"]}


def draw_backbone(config: dict | None = None, precision: str = "fp32") -> Backbone:
    """The tiny CLIP, or one of another size: `config` as in the files' meta."""
    if config is None:
        return Backbone(import_clip().model.build_model(draw_state_dict()).float(), precision)
    vision = [config[key] for key in ("image", "vision_layers", "vision_width", "patch")]
    text = config["text_width"], config["text_width"] // 64, config["text_layers"]
    sizes = config["embed_dim"], *vision, config["context"], config["vocab"], *text
    model = import_clip().model.CLIP(*sizes)
    for key, tensor in model.state_dict().items():
        tensor.copy_(_draw(_recipe(key, tensor.shape), config["seed"], config))
    return Backbone(model, precision)


def _recipe(key: str, shape: torch.Size) -> dict:
    inputs = shape[0] if key.endswith("proj") else int(np.prod(shape[1:]))
    std, mean = inputs**-0.5 if inputs else 0.0, 0.0
    if "positional" in key or "class_embedding" in key:
        std = 0.1
    elif "token_embedding" in key:
        std = 0.3
    elif "ln_" in key:
        std, mean = 0.1, float(key.endswith("weight"))
    elif key.endswith("bias"):
        std = 0.05
    elif key.endswith("text_projection"):
        std = shape[0] ** -0.5
    return {"key": key, "shape": tuple(shape), "draw": {"std": std, "mean": mean}}


def _draw(key: dict, seed: int, config: dict) -> torch.Tensor:
    if key["key"] == "logit_scale":
        return torch.tensor(config["logit_scale"])
    if key["key"].endswith("num_batches_tracked"):
        return torch.zeros(key["shape"], dtype=torch.int64)
    rng = np.random.default_rng([seed, zlib.crc32(key["key"].encode())])
    if key["key"].endswith("running_var"):
        values = rng.uniform(0.5, 1.5, key["shape"])
    else:
        values = rng.standard_normal(key["shape"]) * key["draw"]["std"] + key["draw"]["mean"]
    return torch.from_numpy(values.astype(np.float16).astype(np.float32))


def draw_parameter(seed: int, name: str, shape: tuple[int, ...], std: float, mean: float = 0.0):
    """A golden parameter by its name in the reference, float32."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return torch.from_numpy((rng.standard_normal(shape) * std + mean).astype(np.float32))


def seeded_images(seed, count: int, size: int) -> torch.Tensor:
    """Golden images: standard normal noise (count, 3, size, size), float32."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((count, 3, size, size)).astype(np.float32))


def named_images(name: str, count: int) -> torch.Tensor:
    """Golden images of a file: (count, 3, 32, 32)."""
    return seeded_images([1300, zlib.crc32(f"images.{name}".encode())], count, 32)
