"""What must hold for the RAda head whatever its weights."""

import math

import pytest
import torch
import torch.nn.functional as F

from rada.head import masked_logits, rational
from rada.head.cosine import CosineHead
from rada.head.per_image import MaskCopies
from rada.head.rational import RAdaHead
from tests.rada import features, head_inputs, random_head

pytestmark = pytest.mark.numerical

LABEL = torch.tensor([0, 2, 1])
FORMS = pytest.mark.parametrize("form", ["plain", "linear"])


def test_starts_as_clip():
    head = RAdaHead(64)
    tensors = features(5, 64).float(), features(7, 64, seed=1).float(), 100.0
    assert torch.equal(head.mask(*tensors), torch.ones(5, 7, 64))
    cosine, _ = CosineHead()(*tensors)
    torch.testing.assert_close(head(*tensors)[0], cosine, rtol=1e-6, atol=1e-4)


def test_first_gradient_reaches_out_only():
    head = RAdaHead(16, alpha=1.0).double()
    logits, penalty = head(*head_inputs())
    (F.cross_entropy(logits, LABEL) + penalty).backward()
    assert penalty == 0
    for name, weight in head.named_parameters():
        assert bool(weight.grad.any()) == name.startswith("mask.out."), name


@FORMS
def test_class_order_does_not_matter(form):
    head, (image, text, scale) = random_head(alpha=1.0, form=form), head_inputs()
    order = torch.tensor([2, 0, 3, 1])
    logits, penalty = head(image, text, scale)
    moved, same = head(image, text[order], scale)
    torch.testing.assert_close(moved, logits[:, order])
    torch.testing.assert_close(same, penalty)


@FORMS
def test_no_images_have_no_logits_and_no_mask(form):
    head, text = random_head(alpha=1.0, form=form), features(4, 16)
    logits, penalty = head(features(0, 16), text, 20.0)
    assert logits.shape == (0, 4) and penalty == 0
    assert head.mask(features(0, 16), text, 20.0).shape == (0, 4, 16)


@FORMS
def test_text_features_may_differ_per_image(form):
    head, (image, text, scale) = random_head(alpha=1.0, form=form), head_inputs()
    torch.testing.assert_close(
        head(image, text.expand(3, -1, -1), scale), head(image, text, scale), rtol=1e-12, atol=1e-12
    )


@FORMS
def test_one_class_leaves_queries_and_keys_alone(form):
    head = random_head(alpha=1.0, form=form)
    head(*head_inputs(num_classes=1))[1].backward()
    for name, weight in head.mask.named_parameters():
        assert bool(weight.grad.any()) == name.startswith(("value", "out")), name


@FORMS
def test_dead_mask(form):
    head = random_head(alpha=1.0, form=form)
    torch.nn.init.constant_(head.mask.out.bias, -1e3)
    tensors = head_inputs()
    logits, penalty = head(*tensors)
    cross_entropy = F.cross_entropy(logits, LABEL)
    (cross_entropy + penalty).backward()
    assert logits.abs().max() < 1e-13 and penalty == 1  # s * cosine - s * cosine
    assert cross_entropy.item() == pytest.approx(math.log(4))
    assert not any(parameter.grad.any() for parameter in head.parameters())
    assert all(tensor.grad.abs().max() < 1e-12 for tensor in tensors)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("dim", [16, 512])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_dead_mask_leaves_rounding(dtype, dim, scale):
    """Within the bound of RAdaHead's docstring in every form, also where the cosine is 1."""
    image, text = (features(9, dim, dtype=dtype) for _ in range(2))
    logits = []
    for form in ("plain", "linear"):
        head = RAdaHead(dim, form=form)
        torch.nn.init.constant_(head.mask.out.bias, -1e3)
        head = head.to(dtype)
        for texts in (text, text.expand(9, -1, -1)):
            logits.append(head(image, texts, scale)[0])
    copies = MaskCopies(head.mask, 9, 1)
    logits.append(copies.logits(image[:, None], text[None], torch.tensor(scale, dtype=dtype)))
    for each in logits:
        assert each.abs().max() <= 4 * scale * torch.finfo(dtype).eps


@pytest.mark.parametrize("keep_bytes", [0, 10_000, 1 << 20], ids=["again", "mixed", "keep"])
@pytest.mark.parametrize("penalty", ["linf", "mse"])
@pytest.mark.parametrize("per_image", [False, True], ids=["shared", "per-image"])
def test_gradcheck(per_image, penalty, keep_bytes, monkeypatch):
    monkeypatch.setattr(masked_logits, "ROWS", 4)
    monkeypatch.setattr(masked_logits, "SPARING_BYTES", keep_bytes)
    head = random_head(alpha=0.7, penalty=penalty, form="linear")
    image, text, scale = head_inputs(3, 3, per_image=per_image)
    mask = head.mask(image, text, scale)
    assert mask.gt(0).any() and mask.eq(0).any()
    # gradcheck moves the tensors in place, so the head sees its parameters move
    checked = image, text, *head.parameters()
    assert torch.autograd.gradcheck(
        lambda *_: head(image, text, scale.detach()), checked, fast_mode=True
    )


@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_crossing_the_bound_changes_nothing_beyond_rounding(alpha, monkeypatch):
    """Where auto goes over from one form to the other, by pairs and by classes."""
    monkeypatch.setattr(rational, "PLAIN_PAIRS", 12)
    monkeypatch.setattr(rational, "PLAIN_CLASSES", 6)
    heads = {form: random_head(alpha=alpha, form=form) for form in rational.FORMS}
    for num_images, num_classes, form in [(3, 4, "plain"), (4, 4, "linear"), (1, 7, "linear")]:
        assert rational.fastest_form(num_images, num_classes, torch.device("cpu")) == form
        tensors = head_inputs(num_images, num_classes)
        results = {name: head(*tensors) for name, head in heads.items()}
        for logits, penalty in results.values():
            torch.testing.assert_close(logits, results[form][0], rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(penalty, results[form][1], rtol=1e-12, atol=1e-12)
        assert torch.equal(results["auto"][0], results[form][0])


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match='form "dense" is unknown; choose from auto, plain'):
        RAdaHead(16, form="dense")


def test_mask_sends_no_gradient_to_the_scale():
    image, text, scale = head_inputs()
    assert torch.autograd.grad(
        random_head().mask(image, text, scale).sum(), scale, allow_unused=True
    ) == (None,)


def test_penalties():
    image, text, scale = head_inputs()
    gap = random_head().mask(image, text, scale) - 1
    expected = {"linf": gap.abs().amax((1, 2)).mean(), "mse": gap.square().mean()}
    for penalty, value in expected.items():
        for alpha in (0.0, 1.0, 2.5):
            head = random_head(alpha=alpha, penalty=penalty)
            torch.testing.assert_close(head(image, text, scale)[1], alpha * value)


@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16])
def test_bfloat16_features_are_computed_in_float32(weights):
    head, (image, text, scale) = random_head(), head_inputs()
    expected, _ = head(image, text, scale)
    logits, _ = head.to(weights)(image.bfloat16(), text.bfloat16(), scale)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits.double(), expected, rtol=0.05, atol=0.2)
    logits.sum().backward()
    assert image.grad.isfinite().all() and head.mask.key.weight.grad.dtype == weights


def test_autocast_changes_nothing():
    head = random_head(alpha=1.0).float()
    tensors = features(3, 16).float(), features(4, 16, seed=1).float(), 20.0
    expected = head(*tensors)
    with torch.autocast("cpu", torch.bfloat16):
        logits, penalty = head(*tensors)
        (F.cross_entropy(logits, LABEL) + penalty).backward()
    assert torch.equal(logits, expected[0]) and torch.equal(penalty, expected[1])
