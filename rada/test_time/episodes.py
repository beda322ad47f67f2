"""Test-time training: one unlabelled image at a time, many of them side by side.

An episode (TPT: Shu et al., arXiv 2209.07511): score V views of an image, keep those of lowest
entropy, tune a copy of some learned tensors so that the entropy of the mean prediction over the
kept views falls, predict the image itself, which is the first view, and forget the copy.

Exact, and no more work than needed: views are scored without gradients, only kept ones are learned
from; image features are made once where nothing tuned is in the image encoder; class features that
all images start with are made once for all images.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from rada.backbones.precision import HALVES, at_least_float32
from rada.classifier import CLIPClassifier, normalize
from rada.encoders.prompts import TEXTS_AT_ONCE, ConditionalPromptLearner, PromptEncoder
from rada.head.cosine import CosineHead
from rada.head.per_image import MaskCopies, is_one
from rada.head.rational import RAdaHead, RationalMask
from rada.losses import confident_views, mean_entropy, require_kept
from rada.test_time.copies import Copies, fixed_logits
from rada.test_time.prompt_copies import FirstTexts, PromptCopies

# bounds of memory, whatever the number of images: pictures encoded at once, and rows (view, class)
# of rational matrices that a gradient goes through at once
PICTURES = 128
ROWS = 24_000
LOSS_SCALE = 1024.0  # in half precision, about TPT's


class Episode(NamedTuple):
    """How one image is learned from.

    Attributes:
        kept: views of lowest entropy to learn from, 1 to V.
        steps: 0 or more.
        optimizer: of the tensors to tune; one that works element by element, as torch's do.
    """

    kept: int
    steps: int
    optimizer: Callable[[list[Tensor]], Optimizer]


def require_tunable(tune: Collection[str], episode: Episode) -> None:
    """Raise ValueError for what cannot be tuned, or numbers that make no episode."""
    learns = episode.steps > 0  # without a step, nothing has to move
    if (learns and not tune) or set(tune) - {"prompt", "mask"}:
        found = ", ".join(tune) or "nothing"
        raise ValueError(f'episodes tune "prompt", "mask" or both, not {found}')
    if episode.kept < 1 or episode.steps < 0:
        raise ValueError(
            f"an episode learns from 1 view or more in 0 steps or more, not from {episode.kept} in "
            f"{episode.steps}"
        )


class Episodes:
    """Tunes copies of a classifier's prompts, mask or both; the classifier stays as it is.

    Class features of prompts that did not move are made here: make a new object after training.

    Args:
        classifier: with a `PromptEncoder`.
        tune: one or both of "prompt" and "mask".
        episode: how.

    Raises:
        ValueError: if nothing or something else is to be tuned, or the numbers make no episode.
    """

    def __init__(self, classifier: CLIPClassifier, tune: Collection[str], episode: Episode):
        require_tunable(tune, episode)
        assert isinstance(classifier.encoder, PromptEncoder)
        self.encoder, self.tune, self.episode = classifier.encoder, tune, episode
        self.scale = self.encoder.backbone.logit_scale
        head, learner = classifier.head, self.encoder.prompt_learner
        self.mask: RationalMask | None = None
        if "mask" in tune:
            assert isinstance(head, RAdaHead)
            self.mask = head.mask
        one = isinstance(head, RAdaHead) and is_one(head.mask)
        self.head = CosineHead() if one else head  # the same logits at no cost
        half = self.encoder.backbone.amp or self.encoder.backbone.dtype in HALVES.values()
        self.loss_scale = LOSS_SCALE if half else 1.0
        self.moves_images = "prompt" in tune and bool(learner.image_prompts())
        self.first = self.texts = None
        if self.encoder.text_depends_on_image:
            return
        if "prompt" in tune:
            self.first = FirstTexts(self.encoder)
        else:
            with torch.no_grad():
                self.texts = normalize(self.encoder.encode_text(), "text")[None]

    @torch.no_grad()
    def __call__(self, views: Tensor) -> Tensor:
        """Logits (E, K) of E images, each after its own episode.

        Args:
            views: (E, V, 3, size, size); the first view of each image is the image itself. E may
                be 0.

        Raises:
            ValueError: if there are fewer views than are kept, or a feature vector is zero or not
                finite.
        """
        require_kept(self.episode.kept, views.shape[1])
        if not len(views):
            return at_least_float32(views.new_empty(0, len(self.encoder.prompt_learner.tokens)))
        some = views.split(self.at_once())
        return torch.cat([self.adapt(each) for each in some])

    def at_once(self) -> int:
        """How many images fit into memory side by side."""
        classes = len(self.encoder.prompt_learner.tokens)
        limits = []
        if self.moves_images:
            limits.append(PICTURES // self.episode.kept)
        if "prompt" in self.tune:
            limits.append(TEXTS_AT_ONCE // classes)
        if "mask" in self.tune:
            limits.append(ROWS // (self.episode.kept * classes))
        return max(1, min(limits))

    @torch.no_grad()
    def adapt(self, views: Tensor) -> Tensor:
        """As `__call__`, all images at once; a step whose gradient overflows is not taken."""
        features = self.look(views)
        copies = self.copies(features[:, 0])
        optimizer = self.episode.optimizer(copies.tensors())
        seen = views if self.moves_images else features
        with torch.enable_grad():
            texts = copies.texts()
            with torch.no_grad():
                scores = fixed_logits(self.head, features, texts.detach(), self.scale)
            kept = confident_views(scores, self.episode.kept)
            learned_from = seen[torch.arange(len(seen), device=seen.device)[:, None], kept]
            for step in range(self.episode.steps):
                texts = copies.texts() if step else texts
                if copies.backward(self.loss(copies, learned_from, texts), self.loss_scale):
                    optimizer.step()
                elif len(views) > 1:
                    # alone, so that momentum, decay and count of steps stand still for one only
                    return torch.cat([self.adapt(one) for one in views.split(1)])
        return copies.logits(seen[:, :1], copies.texts() if self.episode.steps else texts)[:, 0]

    def look(self, views: Tensor) -> Tensor:
        """Features (E, V, D), L2-normalised, of views (E, V, 3, size, size), nothing moved."""
        pictures = views.flatten(0, 1).split(PICTURES)
        features = torch.cat([self.encoder.encode_image(some) for some in pictures])
        return normalize(features, "image").unflatten(0, views.shape[:2])

    def copies(self, image_features: Tensor) -> Copies:
        """New copies for images (E, D)."""
        count, prompts = len(image_features), None
        learner = self.encoder.prompt_learner
        if "prompt" in self.tune and self.encoder.text_depends_on_image:
            assert isinstance(learner, ConditionalPromptLearner)
            # as in TPT: what the network makes of the image is tuned, the network is not
            prompts = PromptCopies(self.encoder, {"ctx": learner.contexts(image_features)})
        elif "prompt" in self.tune:
            start = {n: p.expand(count, *p.shape) for n, p in learner.named_parameters()}
            prompts = PromptCopies(self.encoder, start, self.first)
        mask = MaskCopies(self.mask, count, self.episode.steps) if self.mask else None
        return Copies(prompts, mask, self.texts, self.head, self.scale)

    def loss(self, copies: Copies, seen: Tensor, texts: Tensor) -> Tensor:
        """What falls, a sum over images; Args as for `Copies.logits`."""
        return mean_entropy(copies.logits(seen, texts)).sum()
