"""The joint-softmax attention: gradients, tiles, stability, memory."""

import subprocess
import sys
from functools import partial

import pytest
import torch

from benchmarks.dense import DenseHead
from models import attention, attention_parts
from models.attention import joint_attention
from tests.rada import features, random_head

TILES = [6, 12, 40, 1 << 20]  # less than a row's worth, some rows, some images, everything


def tensors(shared: bool, num_images: int = 2, num_classes: int = 3, dim: int = 16):
    """Random (image, text, packed) in float64 that require gradients."""
    generator = torch.Generator().manual_seed(3)
    shapes = (
        (num_images, 1, dim),
        (1 if shared else num_images, num_classes, dim),
        (num_images, num_classes, 3 * dim),
    )
    draw = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return [tensor.requires_grad_() for tensor in draw]


def set_tiles(monkeypatch, tile: int, keep: bool):
    """Tiles of that many scores; maps kept for the backward pass or made again."""
    monkeypatch.setattr(attention_parts, "TILE", tile)
    monkeypatch.setattr(attention, "TILE", tile)
    monkeypatch.setattr(attention, "KEEP_SCORES", 1 << 20 if keep else 0)


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "again"])
@pytest.mark.parametrize("tile, num_heads", [(6, 2), (12, 8), (1 << 20, 2), (1 << 20, 8)])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "per-image"])
def test_gradients(shared, tile, num_heads, keep, monkeypatch):
    set_tiles(monkeypatch, tile, keep)
    inputs = tensors(shared)
    attend = partial(joint_attention, num_heads=num_heads)
    assert torch.autograd.gradcheck(attend, inputs, fast_mode=True)


@pytest.mark.parametrize("tile", TILES)
def test_tiles_change_nothing(tile, monkeypatch):
    inputs = tensors(shared=True, num_classes=5)
    expected = joint_attention(*inputs, 4)
    set_tiles(monkeypatch, tile, keep=False)
    torch.testing.assert_close(joint_attention(*inputs, 4), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("tile", TILES)
def test_huge_scores_neither_overflow_nor_vanish(tile, monkeypatch):
    set_tiles(monkeypatch, tile, keep=False)
    head = random_head(dim=16, num_heads=2)
    inputs = features(2, 16), features(5, 16, seed=1), 1e4
    mask = head.mask(*inputs)
    assert mask.isfinite().all()
    torch.testing.assert_close(mask, DenseHead(head.mask).mask(*inputs), rtol=1e-6, atol=1e-6)


def test_second_derivatives_are_refused():
    image, text, packed = tensors(shared=True)
    out = joint_attention(image, text, packed, 2)
    (grad,) = torch.autograd.grad(out.square().sum(), packed, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


MEASURE = """
import re, torch
import torch.nn.functional as F
from models.rational import RAdaHead

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

torch.set_num_threads(1)
def step(num_images, num_classes):
    head = RAdaHead(512, alpha=1.0)
    image, text = torch.randn(num_images, 512), torch.randn(num_classes, 512)
    logits, penalty = head(F.normalize(image, dim=-1), F.normalize(text, dim=-1), 100.0)
    (F.cross_entropy(logits, torch.zeros(num_images, dtype=torch.long)) + penalty).backward()

step(1, 2)
before = peak()
step({num_images}, {num_classes})
print(peak() - before)
"""


@pytest.mark.parametrize("num_images, num_classes, limit", [(32, 1000, 1500), (1, 2500, 1500)])
def test_memory_of_a_training_step(num_images, num_classes, limit):
    """K = 1000, B = 32, D = 512 stays under 1.5 GB; the dense maps alone would take 3 GB."""
    program = MEASURE.format(num_images=num_images, num_classes=num_classes)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    print(run.stdout)
    assert float(run.stdout) < limit
