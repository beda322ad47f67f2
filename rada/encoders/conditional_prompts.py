"""CoCoOp: the context shifts with the image (Zhou et al., arXiv 2203.05557)."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.encoders.encoders import PromptEncoder
from rada.encoders.prompt_learner import PromptLearner

TEXTS_AT_ONCE = 1024  # bounds memory where a batch of images meets many classes


class ConditionalPromptLearner(PromptLearner):
    """A context `ctx` (n, W) and `meta_net`, which makes of an image what is added to it."""

    def __init__(self, backbone: Backbone, classnames: list[str], n_ctx: int, ctx_init: str):
        """Args as for `PromptLearner`; meta_net is D -> D / 16 -> W."""
        super().__init__(backbone, classnames, n_ctx, ctx_init)
        hidden = backbone.dim // 16
        self.meta_net = nn.Sequential(
            OrderedDict(
                linear1=nn.Linear(backbone.dim, hidden),
                relu=nn.ReLU(),
                linear2=nn.Linear(hidden, backbone.text_width),
            )
        )

    def contexts(self, image_features: Tensor) -> Tensor:
        """Contexts (B, n, W) for images (B, D), L2-normalised."""
        return self.ctx + self.meta_net(image_features)[:, None]


class ConditionalEncoder(PromptEncoder):
    """Class features (B, K, D): every class once for every image."""

    text_depends_on_image = True
    prompt_learner: ConditionalPromptLearner

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (B, K, D) for images (B, D), L2-normalised."""
        assert image_features is not None
        learner = self.prompt_learner
        some = max(1, TEXTS_AT_ONCE // len(learner.tokens))
        contexts = learner.contexts(image_features).split(some)
        return torch.cat([self.encode_text_each([each]) for each in contexts])
