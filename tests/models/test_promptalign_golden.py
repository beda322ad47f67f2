"""PromptAlign against one step of its authors' program, run in float32; meta names the commit."""

import numpy as np
import pytest
import torch

from rada.classifier import CLIPClassifier
from rada.encoders.prompts import CoupledPrompts, PromptEncoder
from rada.head.cosine import CosineHead
from rada.losses import confident_views
from rada.test_time.episodes import Episode, Episodes
from rada.test_time.token_alignment import AlignedEpisodes, TokenStatistics, gather, watched_blocks
from tests.episodes import seeded_images
from tests.float64 import in_float64
from tests.tinyclip import draw_backbone, draw_parameter

pytestmark = pytest.mark.numerical

NAMES = {
    "prompt_learner.ctx": "ctx",
    "prompt_learner.compound_prompts_text.0": "deep_text.0",
    "prompt_learner.proj": "projections.0",
    "prompt_learner.compound_prompt_projections.0": "projections.1",
}


def our_name(theirs: str) -> str:
    """Of a tensor by its name in the program."""
    module, _, kind = theirs.rpartition(".")
    return NAMES.get(theirs) or f"{NAMES[module]}.{kind}"


@pytest.fixture(scope="module")
def data(golden):
    return golden("promptalign.npz")


@pytest.fixture(scope="module")
def classifier(data) -> CLIPClassifier:
    meta = data["meta"]
    backbone = draw_backbone(meta["clip_config"])
    words = meta["N_CTX"], meta["CTX_INIT"], meta["PROMPT_DEPTH"]
    learner = CoupledPrompts(backbone, meta["classnames"], *words)
    parameters = dict(learner.named_parameters())
    for theirs, (shape, std) in meta["params"].items():
        drawn = draw_parameter(meta["param_seed"], theirs, tuple(shape), std)
        parameters.pop(our_name(theirs)).data.copy_(drawn)
    assert not parameters
    return in_float64(CLIPClassifier(PromptEncoder(backbone, learner), CosineHead()))


@pytest.fixture(scope="module")
def views(data) -> torch.Tensor:
    """(1, V, 3, 32, 32), by the recipe in the file's meta."""
    seed, shape = data["meta"]["view_seed"], (3, 32, 32)
    base = draw_parameter(seed, "base", shape, 1.0)
    noise = [
        draw_parameter(seed, f"view{i}", shape, 1.0) for i in range(1, data["meta"]["n_views"])
    ]
    others = [(0.8 * base.double() + 0.6 * each.double()).float() for each in noise]
    return torch.stack([base, *others])[None].double()


class Watched(AlignedEpisodes):
    """Remembers its last loss, the entropy in it, and of what."""

    def loss(self, copies, seen, texts):
        self.tuned, self.last = copies.prompts.tuned, super().loss(copies, seen, texts)
        self.entropy = Episodes.loss(self, copies, seen, texts)
        return self.last


@pytest.fixture(scope="module")
def episodes(data, classifier) -> Watched:
    """The authors' setting and a source that is drawn."""
    meta = data["meta"]
    mean, deviation = (
        draw_parameter(meta["view_seed"], f"source.{name}", (3, 7, 768), 0.5)
        for name in ("mean", "variance")
    )
    source = TokenStatistics(mean[:2], deviation[:2].square())
    kept = int(meta["n_views"] * meta["keep"])
    episode = Episode(kept, 1, lambda tensors: torch.optim.AdamW(tensors, meta["lr"]))
    return Watched(classifier, ["prompt"], episode, source, range(2), meta["weight"] / 3)


def test_scores_and_selection_equal_the_authors_program(data, classifier, views, episodes):
    with torch.no_grad():
        scores = classifier(views[0]).logits
    np.testing.assert_allclose(scores, data["logits_before"], rtol=0, atol=3e-4)
    kept = confident_views(scores[None], episodes.episode.kept)
    assert kept.tolist() == [data["idx"].tolist()]


def test_one_step_equals_the_authors_program(data, views, episodes):
    logits = episodes(views)
    np.testing.assert_allclose(episodes.entropy.item(), data["entropy"], rtol=0, atol=1e-5)
    aligned = (episodes.last - episodes.entropy).item() / episodes.weight
    np.testing.assert_allclose(aligned, data["align"], rtol=1e-5)
    for theirs, norm in data["meta"]["grad_norms"].items():
        gradient = episodes.tuned[our_name(theirs)].grad[0]
        assert gradient.norm().item() == pytest.approx(norm, rel=1e-3)
        if f"grad.{theirs}" in data:
            wanted = torch.from_numpy(data[f"grad.{theirs}"])
            assert (gradient - wanted).norm() < 1e-3 * wanted.norm(), theirs
    np.testing.assert_allclose(logits, data["logits_final"], rtol=0, atol=2e-3)


def test_statistics_are_means_and_variances_over_images(classifier):
    images, encoder = seeded_images(1, 7, 32).double(), classifier.encoder
    batches = []
    for some in images.split(3):
        with watched_blocks(encoder.backbone.model.visual, range(2)) as entered:
            encoder.encode_image(some)
        batches.append([tokens.detach() for tokens in entered])
    mean, variance = gather(iter(batches))
    tokens = torch.cat([torch.stack(batch) for batch in batches], 2)  # (2, L, 7, V)
    torch.testing.assert_close(mean, tokens.mean(2).float())
    torch.testing.assert_close(variance, tokens.var(2, correction=0).float())
