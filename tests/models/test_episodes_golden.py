"""TPT against the golden numbers of the reference."""

import numpy as np
import pytest
import torch

from models.classifier import CLIPClassifier
from models.cosine import CosineHead
from models.encoders import PromptEncoder
from models.entropy import confident_views, entropy, mean_entropy
from models.episodes import Episode, Episodes
from models.prompt_learner import PromptLearner
from tests.tinyclip import draw_backbone, draw_parameter


@pytest.mark.parametrize("case", ["k10", "k200", "p50"])
def test_entropy_and_selection_equal_the_reference(case, golden):
    data = golden("tpt.npz")
    kept = data["meta"]["entropy_cases"][case]["n_kept"]
    logits = torch.from_numpy(data[f"{case}.logits"])[None].requires_grad_()
    indices = confident_views(logits, kept)
    assert indices.tolist() == [data[f"{case}.idx"].tolist()]
    np.testing.assert_allclose(
        entropy(logits)[0].detach(), data[f"{case}.batch_entropy"], rtol=0, atol=2e-6
    )
    loss = mean_entropy(logits[:, indices[0]])
    np.testing.assert_allclose(loss.item(), data[f"{case}.avg_entropy"], rtol=0, atol=2e-6)
    every = mean_entropy(logits).item()
    np.testing.assert_allclose(every, data[f"{case}.avg_entropy_all"], rtol=0, atol=2e-6)
    loss.backward()
    np.testing.assert_allclose(logits.grad[0], data[f"{case}.grad"], rtol=0, atol=2e-6)


def golden_views(case: dict) -> torch.Tensor:
    """(1, 64, 3, 32, 32), by the recipe in the file's meta."""
    seed, shape = case["view_seed"], (3, 32, 32)
    base = draw_parameter(seed, "base", shape, 1.0)
    noise = (draw_parameter(seed, f"view{i}", shape, 1.0) for i in range(1, case["n_views"]))
    mixed = [0.8 * base.double() + 0.6 * each.double() for each in noise]
    return torch.stack([base, *(view.float() for view in mixed)])[None]


@pytest.mark.parametrize("case", ["words", "given"])
def test_one_step_equals_the_reference(case, golden):
    data = golden("tpt.npz")
    meta = data["meta"]["steps"][case]
    views = golden_views(meta)
    np.testing.assert_allclose(
        views[0, :3, :, :2, :2], data[f"{case}.view_check"], rtol=0, atol=1e-6
    )
    backbone = draw_backbone()
    names = data["meta"]["classnames"]
    learner = PromptLearner(backbone, names, meta["n_ctx"], meta["ctx_init"] or "")
    start = torch.from_numpy(data[f"{case}.ctx_init"])
    if case == "words":
        torch.testing.assert_close(learner.ctx.data, start, rtol=0, atol=0)
    learner.ctx.data.copy_(start)
    classifier = CLIPClassifier(PromptEncoder(backbone, learner), CosineHead())
    kept = int(meta["n_views"] * meta["selection_p"])
    found = {}

    class Watched(Episodes):
        def loss(self, copies, seen, texts):
            found.update(copies=copies, seen=seen, loss=super().loss(copies, seen, texts))
            return found["loss"]

    def optimizer(tensors):
        return torch.optim.AdamW(tensors, meta["lr"])

    episodes = Watched(classifier, ["prompt"], Episode(kept, meta["tta_steps"], optimizer))
    features = episodes.look(views)
    scores = classifier(views[0]).logits
    np.testing.assert_allclose(scores.detach(), data[f"{case}.logits_before"], rtol=0, atol=3e-4)
    logits = episodes(views)
    assert confident_views(scores[None], kept).tolist() == [data[f"{case}.idx"].tolist()]
    torch.testing.assert_close(found["seen"][0], features[0, data[f"{case}.idx"]])
    np.testing.assert_allclose(found["loss"].item(), data[f"{case}.loss"], rtol=0, atol=1e-5)
    ctx = found["copies"].prompts.tuned["ctx"]
    gradient = data[f"{case}.grad"]
    np.testing.assert_allclose(ctx.grad[0], gradient, rtol=0, atol=1e-3 * abs(gradient).max())
    np.testing.assert_allclose(ctx[0].detach(), data[f"{case}.ctx_final"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(logits, data[f"{case}.logits_final"], rtol=0, atol=5e-3)
    torch.testing.assert_close(learner.ctx.data, start, rtol=0, atol=0)
