"""The golden tiny CLIPs, drawn from their specification."""

import json
import zlib
from pathlib import Path

import numpy as np
import torch

GOLDEN = Path(__file__).parent / "golden"


def draw_state_dict(spec: str = "tinyclip_spec.json") -> dict[str, torch.Tensor]:
    """Weights by OpenAI's names, as the specification says: float32, with float16 values."""
    content = json.loads((GOLDEN / spec).read_text())
    seed = content["config"]["seed"]
    return {key["key"]: _draw(key, seed, content["config"]) for key in content["keys"]}


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


def seeded_images(seed, count: int, size: int) -> torch.Tensor:
    """Golden images: standard normal noise (count, 3, size, size), float32."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((count, 3, size, size)).astype(np.float32))
