"""Counted operations against numbers derived by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.dense import DenseHead
from benchmarks.flops import counted
from benchmarks.steps_case import Step
from rada.head.rational import RAdaHead
from rada.listing import StandIn, named_backbone

B, K, D = 3, 20, 64
PROJECTION, ATTENTION = 2 * B * K * D * D, 2 * B * K * K * D  # of all (image, class) rows; of a map


@pytest.fixture(scope="module")
def tiny():
    """TinyCLIP: pictures of 32x32 in patches of 8x8."""
    return named_backbone("TinyCLIP")


def test_every_kind_of_product_counts():
    matrix, vector, batch = torch.zeros(4, 4), torch.zeros(4), torch.zeros(3, 4, 4)
    products = {
        lambda: matrix @ matrix: 2 * 4**3,
        lambda: torch.addmm(matrix, matrix, matrix): 2 * 4**3,
        lambda: matrix.clone().addmm_(matrix, matrix): 2 * 4**3,
        lambda: torch.mm(matrix, matrix, out=matrix.clone()): 2 * 4**3,
        lambda: batch @ batch: 3 * 2 * 4**3,
        lambda: torch.bmm(batch, batch, out=batch.clone()): 3 * 2 * 4**3,
        lambda: batch.clone().baddbmm_(batch, batch): 3 * 2 * 4**3,
        lambda: matrix.clone().addbmm_(batch, batch): 3 * 2 * 4**3,
        lambda: torch.einsum("bij,jk->bik", batch, matrix): 3 * 2 * 4**3,
        lambda: F.linear(batch, matrix, vector): 3 * 2 * 4**3,
        lambda: matrix @ vector: 2 * 4**2,
        lambda: vector.clone().addmv_(matrix, vector): 2 * 4**2,
        lambda: vector @ vector: 2 * 4,
        lambda: matrix + matrix: 0,
    }
    for number, (product, expected) in enumerate(products.items()):
        assert counted(product) == expected, number


def test_a_linear_layer_trains_in_three_times_its_forward_pass():
    layer = nn.Linear(5, 7)
    once = 2 * 4 * 5 * 7
    assert counted(lambda: layer(torch.zeros(4, 5))) == once
    learned = torch.zeros(4, 5, requires_grad=True)
    assert counted(lambda: layer(learned).sum().backward()) == 3 * once
    assert counted(lambda: layer(torch.zeros(4, 5)).sum().backward()) == 2 * once


def test_an_image_encoder_costs_what_its_widths_say(tiny):
    width, blocks, tokens = tiny.vision_width, tiny.vision_blocks, (32 // 8) ** 2 + 1
    patches = 2 * (tokens - 1) * (3 * 8 * 8) * width
    block = 2 * tokens * width * (3 + 1 + 4 + 4) * width + 2 * 2 * tokens**2 * width
    expected = B * (patches + blocks * block + 2 * width * tiny.dim)
    images = torch.zeros(B, 3, 32, 32)
    with torch.no_grad():
        assert counted(lambda: tiny.encode_image(images)) == expected
    seen = images.clone().requires_grad_()
    trained = counted(lambda: tiny.encode_image(seen).sum().backward())
    # back through attention there are five products in place of two: it makes its scores again
    assert trained == 2 * expected + B * blocks * 3 * (2 * tokens**2 * width)


def test_heads_of_zero_shot_clip_and_a_linear_probe(tiny):
    given = StandIn(tiny)  # encoders that compute nothing
    once = 2 * B * K * tiny.dim
    assert counted(Step("ZeroshotCLIP", given, K, B)) == once
    assert counted(Step("LinearProbe", given, K, B)) == 2 * once  # forward, and of the weights


def head_step(head):
    """A training step of a head over frozen features."""
    image, text = (F.normalize(torch.randn(number, D), dim=-1) for number in (B, K))
    label = torch.arange(B)

    def step():
        logits, penalty = head(image, text, 10.0)
        (F.cross_entropy(logits, label) + penalty).backward()

    return step


def test_the_dense_head_costs_what_the_method_says():
    head = DenseHead(RAdaHead(D, 4).mask, alpha=1.0)
    # forward: six projections; three maps, each scores and the product with the values.
    # backward: the gradients of six weights and of O; four products a map
    assert counted(head_step(head)) == (6 + 7) * PROJECTION + (3 * 2 + 3 * 4) * ATTENTION


@pytest.mark.parametrize("form", ["plain", "linear"])
def test_no_product_of_the_head_is_passed_over(form):
    head = RAdaHead(D, 4, alpha=1.0, form=form)
    row = 2 * B * K * D  # of the image query, which has one
    # the image's and the text's query are projected once, there and back; no features learn
    unimodal = 2 * (2 * B * D * D + 2 * K * D * D)
    # projections: query_rational, key, value, out; the gradients of their weights and of O.
    # attention: scores and values of two maps, added before values or not; back: scores again or
    # not, dV, dP, two of dQ and of dK.
    # rows: scores and values, again or not, and three or four back; one of CLIP's own logits
    maps, rows = (2 + 1 + 2 + 4, 2 + 4 + 1) if form == "plain" else (4 + 2 + 2 + 4, 2 + 2 + 3 + 1)
    expected = (4 + 5) * PROJECTION + maps * ATTENTION + rows * row + unimodal
    assert counted(head_step(head)) == expected
