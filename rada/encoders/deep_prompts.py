"""Prompts in the blocks of both encoders: learned apart (IVLP) or from one another (MaPLe)."""

import copy

from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.encoders.prompt_learner import PromptLearner, noise


class DeepPrompts(PromptLearner):
    """Text prompts `ctx` (n, W) and `deep_text.i` (n, W) in the text encoder's first blocks."""

    def __init__(
        self, backbone: Backbone, classnames: list[str], n_ctx: int, ctx_init: str, depth: int
    ):
        """Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, prompts a block.
        ctx_init: words that the first block's start from.
        depth: blocks with prompts, 1 or more.
        """
        super().__init__(backbone, classnames, n_ctx, ctx_init)
        width = backbone.text_width
        self.deep_text = nn.ParameterList(noise(n_ctx, width) for _ in range(depth - 1))

    def text_prompts(self) -> list[Tensor]:
        """(n, W) each."""
        return [self.ctx, *self.deep_text]


class IndependentPrompts(DeepPrompts):
    """IVLP's prompts: text and image prompts know nothing of each other.

    Rasheed et al., arXiv 2212.03640; the independent variant of Khattak et al., arXiv 2210.03117.
    `ctx` (n, W) and `deep_text.i` (n, W) enter the text encoder's first blocks, `image.i` (m, V)
    the image encoder's.
    """

    def __init__(
        self,
        backbone: Backbone,
        classnames: list[str],
        n_ctx: int,
        ctx_init: str,
        text_depth: int,
        n_image: int,
        image_depth: int,
    ):
        """Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, text prompts a block.
        ctx_init: words that the first block's start from.
        text_depth: blocks with text prompts, 1 or more.
        n_image: m, image prompts a block.
        image_depth: blocks with image prompts; with 0 there are none.
        """
        super().__init__(backbone, classnames, n_ctx, ctx_init, text_depth)
        self.image = nn.ParameterList(
            noise(n_image, backbone.vision_width) for _ in range(image_depth)
        )

    def image_prompts(self) -> list[Tensor]:
        """(m, V) each."""
        return list(self.image)


class CoupledPrompts(DeepPrompts):
    """MaPLe's prompts: those of the image are projections of those of the text.

    Khattak et al., arXiv 2210.03117. `ctx` (n, W) and `deep_text.i` (n, W) enter the text encoder;
    `projections.i`, W to V, makes of prompt i that of the image encoder.
    """

    def __init__(
        self, backbone: Backbone, classnames: list[str], n_ctx: int, ctx_init: str, depth: int
    ):
        """Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, prompts a block.
        ctx_init: words that the first block's start from.
        depth: blocks with prompts in both encoders, 1 or more.
        """
        super().__init__(backbone, classnames, n_ctx, ctx_init, depth)
        first, deeper = (nn.Linear(backbone.text_width, backbone.vision_width) for _ in range(2))
        # the deeper projections start as copies of one another, as the authors' do
        self.projections = nn.ModuleList(
            [first, *(copy.deepcopy(deeper) for _ in range(depth - 1))]
        )

    def image_prompts(self) -> list[Tensor]:
        """(n, V) each."""
        pairs = zip(self.projections, self.text_prompts(), strict=True)
        return [projection(prompt) for projection, prompt in pairs]
