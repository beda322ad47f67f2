"""The joint-softmax attention: gradients, tiles, stability, memory."""

import pytest
import torch

from benchmarks.dense import DenseHead
from benchmarks.head_case import Case
from rada.head import attention
from rada.head.inputs import Operands
from tests.rada import features, random_head

TILES = [2, 6, 40, 1 << 20]  # one row, some rows, some problems, everything


def tensors(number: int = 4, num_classes: int = 3, width: int = 2):
    """Random operands in float64 that require gradients."""
    generator = torch.Generator().manual_seed(3)
    shapes = [(number, length, width) for length in (1, *[num_classes] * 4)]
    draw = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return [tensor.requires_grad_() for tensor in draw]


def attend(*operands):
    return attention.joint_attention(Operands(*operands), scale=0.7)


def set_tiles(monkeypatch, tile: int):
    """Tiles of that many scores, however few there are."""
    monkeypatch.setattr(attention, "TILE", tile)
    monkeypatch.setattr(attention, "DENSE", 0)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("width", [2, 8])
def test_gradients(width, tile, monkeypatch):
    set_tiles(monkeypatch, tile)
    assert torch.autograd.gradcheck(attend, tensors(width=width))


@pytest.mark.parametrize("tile", TILES)
def test_tiles_change_nothing(tile, monkeypatch):
    operands = tensors(num_classes=5)
    expected = attention.dense_attention(Operands(*operands), scale=0.7)
    set_tiles(monkeypatch, tile)
    torch.testing.assert_close(attend(*operands), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("tile", TILES)
def test_huge_scores_neither_overflow_nor_vanish(tile, monkeypatch):
    set_tiles(monkeypatch, tile)
    head = random_head(dim=16, num_heads=2)
    inputs = features(2, 16), features(5, 16, seed=1), 1e4
    mask = head.mask(*inputs)
    assert mask.isfinite().all()
    torch.testing.assert_close(mask, DenseHead(head.mask).mask(*inputs), rtol=1e-6, atol=1e-6)


def test_second_derivatives_of_the_dense_attention():
    """What docs/library.md promises of the plain form."""
    assert torch.autograd.gradgradcheck(attend, tensors(number=2, num_classes=3))


def test_second_derivatives_are_refused_in_tiles(monkeypatch):
    set_tiles(monkeypatch, 2)
    operands = tensors()
    out = attend(*operands)
    (grad,) = torch.autograd.grad(out.square().sum(), operands[2], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


SIZES = [(1000, 32, "linear", 100), (2500, 1, "linear", 150), (1000, 64, "auto", 700)]


@pytest.mark.parametrize("num_classes, num_images, form, limit", SIZES)
def test_memory_of_a_training_step(num_classes, num_images, form, limit):
    """Measured in MB at D = 512, 8 heads; three dense maps alone would be 0.6 to 6 GB."""
    peak = Case("train", num_classes, num_images).peak_bytes(form, threads=1)
    assert peak < limit * 2**20
