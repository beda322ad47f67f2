"""Tuned masks against the equation's own maps, in float64."""

import copy
from types import SimpleNamespace

import pytest
import torch

from benchmarks.dense import DenseHead
from benchmarks.plain_episodes import plain_episodes
from rada.classifier import Output
from rada.head.per_image import MaskCopies, rows_at_once
from rada.test_time.episodes import Episode, Episodes
from tests.episodes import KEPT, adamw, build, views_of
from tests.float64 import CLOSE, in_float64
from tests.rada import features, random_head
from tests.tinyclip import draw_backbone

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("kind", ["fresh mask", "trained mask"])
def test_the_mask_equals_a_dense_computation_in_float64(kind):
    """One step of each image on the equation's own maps."""
    backbone = in_float64(draw_backbone())
    classifier, tune = build(backbone, kind)
    views = views_of(3).double()
    mask = copy.deepcopy(classifier.head.mask)

    class Dense(torch.nn.Module):
        def forward(self, images):
            image, text = (t.detach() for t in classifier(images)[2:])
            logits, penalty = DenseHead(mask)(image, text, backbone.logit_scale)
            return Output(logits, penalty, image, text)

    dense = Dense()
    dense.head = SimpleNamespace(mask=mask)
    episode = Episode(KEPT, 1, adamw)
    expected = plain_episodes(dense, tune, episode, views)
    found = Episodes(classifier, tune, episode)(views)
    torch.testing.assert_close(found, expected, **CLOSE)


@pytest.mark.parametrize("shared", [True, False])
def test_copies_of_a_mask_equal_the_dense_formula_in_float64(shared):
    """Logits and all gradients, each episode with weights of its own or all with the same."""
    torch.manual_seed(0)
    heads = [random_head(16, 2, temperature=0.7) for _ in range(1 if shared else 3)]
    for head in heads:
        head.mask.out.weight.data += 0.1 * torch.randn(16, 16, dtype=torch.float64)
    copies = MaskCopies(heads[0].mask, len(heads), 2)
    for name, tensor in copies.tuned.items():
        tensor.data.copy_(torch.stack([head.mask.get_parameter(name) for head in heads]))
    images, scale = features(3, 4, 16), torch.tensor(20.0, dtype=torch.float64)
    texts = features(3, 5, 16, seed=1)
    logits = copies.logits(images, texts, scale)
    weights = torch.randn(logits.shape, dtype=torch.float64)
    found = torch.autograd.grad((logits * weights).sum(), list(copies.tuned.values()))
    masks = [head.mask for head in heads] * (3 // len(heads))
    triples = zip(masks, images, texts, strict=True)
    dense = [DenseHead(mask)(image, text, scale)[0] for mask, image, text in triples]
    torch.testing.assert_close(logits, torch.stack(dense), rtol=1e-9, atol=1e-9)
    for i, head in enumerate(heads):
        own = sum((dense[j] * weights[j]).sum() for j in range(3) if shared or j == i)
        parameters = [head.mask.get_parameter(name) for name in copies.tuned]
        wanted = torch.autograd.grad(own, parameters, retain_graph=True)
        for expected, gradient in zip(wanted, found, strict=True):
            torch.testing.assert_close(gradient[i], expected, rtol=1e-8, atol=1e-9)


def test_the_number_of_rows_at_a_time_changes_nothing(monkeypatch):
    """It depends on the device: a cache on a CPU, few large kernels elsewhere."""
    assert rows_at_once(torch.device("cpu")) < rows_at_once(torch.device("cuda"))
    copies = MaskCopies(random_head(16, 2).mask, 5, 2)
    inputs = features(5, 4, 16), features(5, 6, 16, seed=1), torch.tensor(20.0).double()
    found = []
    for rows in (1, 2 * 4 * 6, 10_000):
        monkeypatch.setattr("rada.head.per_image.rows_at_once", lambda device, rows=rows: rows)
        found.append(copies.logits(*inputs))
    torch.testing.assert_close(found[0], found[2], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(found[1], found[2], rtol=1e-9, atol=1e-9)
