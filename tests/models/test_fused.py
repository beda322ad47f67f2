"""The path for GPUs, with a dense attention in the place of the compiled kernel."""

import pytest
import torch
import torch.nn.functional as F

from rada.head import fused_attention, rational
from rada.head.attention import joint_attention
from rada.head.inputs import Operands, inputs_of, prepare
from rada.head.masked_logits import linear_logits
from rada.head.penalties import LargestChange, MeanSquareChange
from rada.head.rational import RAdaHead
from tests.rada import head_inputs, random_head

pytestmark = pytest.mark.numerical

SCALE = 0.7


def dense(queries, key, value, scale):
    """Rows of an ordinary attention and their log-sum-exp."""
    scores = scale * queries @ key.mT
    return scores.softmax(-1) @ value, scores.logsumexp(-1)


def operands(width=16):
    generator = torch.Generator().manual_seed(0)
    shapes = [(4, length, width) for length in (1, 5, 5, 5, 5)]
    draw = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return Operands(*(tensor.requires_grad_() for tensor in draw))


def test_equals_the_tiled_attention_with_all_gradients():
    tensors = operands()
    tiled = joint_attention(tensors, SCALE)
    fused = fused_attention.fused_attention(tensors, SCALE, dense)
    torch.testing.assert_close(fused, tiled, rtol=1e-10, atol=1e-10)
    weights = torch.randn_like(tiled)
    for value, expected in zip(
        torch.autograd.grad((fused * weights).sum(), tensors),
        torch.autograd.grad((tiled * weights).sum(), tensors),
        strict=True,
    ):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_answers_what_is_expected_of_it():
    """Its rows and log-sum-exp, uncompiled, forward."""
    from torch.nn.attention.flex_attention import AuxRequest, flex_attention

    def flex(queries, key, value, scale):
        rows, more = flex_attention(
            queries, key, value, scale=scale, return_aux=AuxRequest(lse=True)
        )
        return rows, more.lse

    tensors = Operands(*(tensor.detach() for tensor in operands()))
    fused = fused_attention.fused_attention(tensors, SCALE, flex)
    torch.testing.assert_close(fused, joint_attention(tensors, SCALE), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("penalty", [LargestChange, MeanSquareChange])
@pytest.mark.parametrize("per_image", [False, True], ids=["shared", "per-image"])
def test_head_equals_the_tiled_one_with_all_gradients(per_image, penalty, monkeypatch):
    monkeypatch.setattr(rational, "FUSED_PAIRS", 8)  # two images at a time
    head, (image, text, scale) = random_head(), head_inputs(3, 4, per_image=per_image)
    moving = [image, text, *head.parameters()]

    def result(function):
        inputs = inputs_of(head.mask, *prepare(image, text, head.mask.out.weight), scale)
        added, penalties = function(inputs, head.mask.heads, penalty)
        weights = torch.arange(added.numel(), dtype=added.dtype).view_as(added).cos()
        loss = (added * weights).sum() + penalties.square().sum()
        return added, penalties, *torch.autograd.grad(loss, moving)

    wanted = result(linear_logits)
    monkeypatch.setattr(fused_attention, "suits", lambda *_: True)
    monkeypatch.setattr(fused_attention, "flex", dense)
    for value, expected in zip(result(rational.fused_logits), wanted, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-9)


def test_head_takes_it_where_it_suits(monkeypatch):
    """On a GPU; here the choice is made to fall on it."""
    head, inputs = random_head(64, 4, alpha=1.0), head_inputs(3, 4, dim=64)
    expected = *head(*inputs), head.mask(*inputs)
    monkeypatch.setattr(fused_attention, "suits", lambda *_: True)
    monkeypatch.setattr(fused_attention, "flex", dense)
    torch.testing.assert_close((*head(*inputs), head.mask(*inputs)), expected)


def test_no_images(monkeypatch):
    monkeypatch.setattr(fused_attention, "suits", lambda *_: True)
    monkeypatch.setattr(fused_attention, "flex", dense)
    head, text = random_head(alpha=1.0), head_inputs()[1]
    assert head(text[:0], text, 20.0)[0].shape == (0, 4)


def test_bfloat16_attention_stays_near(monkeypatch):
    """PREC amp_bf16: what the mask adds within a few per cent, logits in float32, all learn."""
    monkeypatch.setattr(fused_attention, "suits", lambda *_: True)
    monkeypatch.setattr(fused_attention, "flex", dense)
    exact, half = RAdaHead(64, 4), RAdaHead(64, 4, precision="amp_bf16")
    torch.nn.init.normal_(exact.mask.out.weight, std=0.1)
    half.load_state_dict(exact.state_dict())
    image, text, scale = (tensor.detach().float() for tensor in head_inputs(3, 4, dim=64))
    label = torch.tensor([0, 2, 1])
    for head in (exact, half):
        logits, _ = head(image, text, scale)
        assert logits.dtype == torch.float32
        F.cross_entropy(logits, label).backward()
    added = exact(image, text, scale)[0] - scale * image @ text.mT
    error = (half(image, text, scale)[0] - exact(image, text, scale)[0]).abs().max()
    assert 0 < error < 0.05 * added.abs().max()
    for name, weight in exact.named_parameters():
        other = half.get_parameter(name).grad
        assert other.dtype == torch.float32
        assert (other - weight.grad).norm() < 0.1 * weight.grad.norm() + 1e-6, name
