"""TPT against the golden numbers of the reference."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rada.classifier import CLIPClassifier
from rada.encoders.prompts import PromptEncoder, PromptLearner
from rada.head.cosine import CosineHead
from rada.losses import confident_views, entropy, mean_entropy
from rada.test_time.episodes import Episode, Episodes
from tests.float64 import in_float64
from tests.tinyclip import draw_backbone, draw_parameter

pytestmark = pytest.mark.numerical


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
    return torch.stack([base, *(view.float() for view in mixed)])[None].double()


class Watched(Episodes):
    """Remembers its last loss, and of what."""

    def loss(self, copies, seen, texts):
        self.copies_of_last, self.seen, self.last = copies, seen, super().loss(copies, seen, texts)
        return self.last


@pytest.fixture(scope="module", params=["words", "given"])
def step(request, golden) -> SimpleNamespace:
    """What one step starts from, ours and the reference's."""
    data, name = golden("tpt.npz"), request.param
    meta, views = data["meta"]["steps"][name], golden_views(data["meta"]["steps"][name])
    wanted = {key.removeprefix(f"{name}."): data[key] for key in data if key.startswith(name)}
    backbone = in_float64(draw_backbone())
    words = meta["ctx_init"] or ""
    learner = PromptLearner(backbone, data["meta"]["classnames"], meta["n_ctx"], words)
    start = torch.from_numpy(wanted["ctx_init"]).double()
    if words:
        torch.testing.assert_close(learner.ctx.data, start, rtol=0, atol=0)
    learner.ctx.data.copy_(start)
    classifier = in_float64(CLIPClassifier(PromptEncoder(backbone, learner), CosineHead()))
    kept = int(meta["n_views"] * meta["selection_p"])
    episode = Episode(kept, meta["tta_steps"], lambda t: torch.optim.AdamW(t, meta["lr"]))
    episodes = Watched(classifier, ["prompt"], episode)
    found = {"wanted": wanted, "views": views, "kept": kept, "start": start}
    return SimpleNamespace(**found, learner=learner, classifier=classifier, episodes=episodes)


def test_scores_and_selection_of_views_equal_the_reference(step):
    views, wanted = step.views, step.wanted
    np.testing.assert_allclose(views[0, :3, :, :2, :2], wanted["view_check"], rtol=0, atol=1e-6)
    scores = step.classifier(views[0]).logits.detach()
    np.testing.assert_allclose(scores, wanted["logits_before"], rtol=0, atol=3e-4)
    assert confident_views(scores[None], step.kept).tolist() == [wanted["idx"].tolist()]
    step.episodes(views)
    features = step.episodes.look(views)
    torch.testing.assert_close(step.episodes.seen[0], features[0, wanted["idx"]])


def test_one_step_equals_the_reference(step):
    episodes, wanted = step.episodes, step.wanted
    logits = episodes(step.views)
    np.testing.assert_allclose(episodes.last.item(), wanted["loss"], rtol=0, atol=1e-5)
    ctx, gradient = episodes.copies_of_last.prompts.tuned["ctx"], wanted["grad"]
    np.testing.assert_allclose(ctx.grad[0], gradient, rtol=0, atol=1e-3 * abs(gradient).max())
    np.testing.assert_allclose(ctx[0].detach(), wanted["ctx_final"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(logits, wanted["logits_final"], rtol=0, atol=5e-3)
    torch.testing.assert_close(step.learner.ctx.data, step.start, rtol=0, atol=0)
