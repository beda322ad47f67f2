"""The yardstick of test-time training: one image after the other, as the reference programs do it.

All views go through the whole model with gradients, the most confident are chosen from what comes
out, the optimiser moves the model's own parameters, the image is encoded again for its prediction,
and everything is put back. `benchmarks/test_time.py` times it beside `rada.test_time.episodes`, and
the tests compare the two.
"""

import copy
import math
from collections.abc import Collection

import torch
from torch import Tensor, nn

from rada.classifier import CLIPClassifier
from rada.test_time.episodes import Episode


def plain_episodes(
    classifier: CLIPClassifier, tune: Collection[str], episode: Episode, views: Tensor
) -> Tensor:
    """Logits (E, K) for views (E, V, 3, size, size) of E images; arguments as for `Episodes`."""
    modules = tuned_modules(classifier, tune)
    parameters = [p for module in modules for p in module.parameters()]
    start = [copy.deepcopy(module.state_dict()) for module in modules]
    logits = []
    for image in views:
        optimizer, kept = episode.optimizer(parameters), None
        for _ in range(episode.steps):
            output = classifier(image).logits
            if kept is None:
                kept = most_confident(output, episode.kept)
            loss = entropy_of_mean(output[kept])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            logits.append(classifier(image[:1]).logits[0])
        for module, state in zip(modules, start, strict=True):
            module.load_state_dict(state)
        optimizer.zero_grad()
    return torch.stack(logits)


def tuned_modules(classifier: CLIPClassifier, tune: Collection[str]) -> list[nn.Module]:
    """The modules that move."""
    modules = {
        "prompt": lambda: classifier.encoder.prompt_learner,
        "mask": lambda: classifier.head.mask,
    }
    return [modules[part]() for part in tune]


def most_confident(logits: Tensor, count: int) -> Tensor:
    """Indices of the views (V, K) of lowest entropy."""
    entropies = -(logits.softmax(1) * logits.log_softmax(1)).sum(1)
    return torch.argsort(entropies)[:count]


def entropy_of_mean(logits: Tensor) -> Tensor:
    """Of the mean prediction over views (v, K)."""
    mean = (logits - logits.logsumexp(-1, True)).logsumexp(0) - math.log(len(logits))
    return -(mean * mean.exp()).sum()
