"""Learned prompts: in the place of words, and in the blocks of both encoders.

CoOp: Zhou et al., arXiv 2109.01134; CoCoOp: Zhou et al., arXiv 2203.05557; IVLP: Rasheed et al.,
arXiv 2212.03640; MaPLe: Khattak et al., arXiv 2210.03117.
"""

import copy
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.class_names import spoken
from rada.encoders.base import Encoder


class PromptLearner(nn.Module):
    """n context vectors before, around or behind each class name.

    Its one tensor is `ctx`: (n, W), or (K, n, W) for class-specific contexts. A subclass may add
    prompts that enter deeper blocks or the image encoder.

    Args:
        backbone: gives tokens, widths and the words' vectors.
        classnames: K names; underscores become blanks.
        n_ctx: n, context vectors; None: one for each token of ctx_init.
        ctx_init: words to start from: the vectors of their first n tokens are learned, the tokens
            behind them stay. Without words the context starts as noise.
        class_specific: one context for each class; without words only.
        class_token_position: "end", "middle" or "front" of the context.

    Raises:
        ValueError: for another position, fewer than one vector, more vectors than words, or a
            class name that is too long.
    """

    tokens: Tensor
    slots: Tensor

    def __init__(
        self,
        backbone: Backbone,
        classnames: Sequence[str],
        n_ctx: int | None = 16,
        ctx_init: str = "",
        class_specific: bool = False,
        class_token_position: str = "end",
    ):
        super().__init__()
        words = " ".join(words_of(ctx_init))
        length = backbone.count_tokens(words)
        n_ctx = length if n_ctx is None else n_ctx
        _require_vectors(n_ctx, words, length)
        prefix = words or " ".join(["X"] * n_ctx)
        names = [spoken(name) for name in classnames]
        tokens = backbone.tokenize([f"{prefix} {name}." for name in names], names)
        lengths = (backbone.tokenize(names).argmax(-1) - 1).tolist()
        self.n_ctx = n_ctx
        self.ctx = nn.Parameter(_initial(backbone, words, n_ctx, class_specific, len(names)))
        context = length or n_ctx
        orders = {
            n: _order(context, n, tokens.shape[1], class_token_position) for n in set(lengths)
        }
        order = torch.stack([orders[n] for n in lengths]).to(tokens.device)
        self.register_buffer("tokens", tokens.gather(1, order), persistent=False)
        self.register_buffer("slots", (order >= 1) & (order <= n_ctx), persistent=False)
        print(f'Initial context: "{prefix}"\nNumber of context words (tokens): {n_ctx}')

    def forward(self) -> tuple[list[Tensor], list[Tensor]]:
        """What enters the blocks of the text and of the image encoder."""
        return self.text_prompts(), self.image_prompts()

    def text_prompts(self) -> list[Tensor]:
        """What enters the text encoder's blocks: the context, (n, W) or (K, n, W), first."""
        return [self.ctx]

    def image_prompts(self) -> list[Tensor]:
        """What enters the image encoder's blocks: nothing."""
        return []


class PromptEncoder(Encoder):
    """Class names behind learned prompts; images with the prompts that the learner has for them."""

    def __init__(self, backbone: Backbone, prompt_learner: PromptLearner):
        super().__init__(backbone)
        self.prompt_learner = prompt_learner

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D)."""
        return self.backbone.encode_image(images, self.prompt_learner.image_prompts())

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        learner = self.prompt_learner
        return self.backbone.encode_text(learner.tokens, learner.text_prompts(), learner.slots)

    def encode_text_each(self, prompts: Sequence[Tensor]) -> Tensor:
        """Class features (B, K, D) for B sets of prompts in place of the learner's own.

        Args:
            prompts: prompts[i], (B, n, W) or (B, K, n, W), enters block i of the text encoder.
        """
        learner = self.prompt_learner
        sets, classes = len(prompts[0]), len(learner.tokens)
        rows = [
            prompt.flatten(0, 1) if prompt.dim() == 4 else prompt.repeat_interleave(classes, 0)
            for prompt in prompts
        ]
        tokens, slots = learner.tokens.repeat(sets, 1), learner.slots.repeat(sets, 1)
        return self.backbone.encode_text(tokens, rows, slots).unflatten(0, (sets, classes))


def words_of(ctx_init: str) -> list[str]:
    """The words of a CTX_INIT, which stand between blanks or underscores."""
    return spoken(ctx_init).split()


def noise(*shape: int) -> nn.Parameter:
    """A prompt to start from: normal, standard deviation 0.02."""
    return nn.Parameter(nn.init.normal_(torch.empty(shape), std=0.02))


def _require_vectors(n_ctx: int, words: str, length: int) -> None:
    if n_ctx < 1:
        raise ValueError(f"N_CTX must be 1 or more, got {n_ctx}")
    if words and n_ctx > length:
        raise ValueError(
            f'N_CTX {n_ctx} is more than the {length} tokens of CTX_INIT "{words}"; give as many, '
            "or none to start from noise"
        )


def _initial(
    backbone: Backbone, words: str, n_ctx: int, class_specific: bool, n_classes: int
) -> Tensor:
    if words:
        with torch.no_grad():
            return backbone.embed(backbone.tokenize([words]))[0, 1 : 1 + n_ctx].clone()
    kind = "class-specific contexts" if class_specific else "a generic context"
    print(f"Initializing {kind}")
    shape = (n_ctx, backbone.text_width)
    return noise(n_classes, *shape).data if class_specific else noise(*shape).data


def _order(n_context: int, n_name: int, length: int, position: str) -> Tensor:
    """Which token of "[start] context name . [end]" stands where, for one class; (length,) long."""
    context = list(range(1, 1 + n_context))
    name = list(range(1 + n_context, 1 + n_context + n_name))
    half = n_context // 2
    layouts = {
        "end": context + name,
        "middle": context[:half] + name + context[half:],
        "front": name + context,
    }
    if position not in layouts:
        raise ValueError(f'CLASS_TOKEN_POSITION is one of {", ".join(layouts)}; got "{position}"')
    return torch.tensor([0, *layouts[position], *range(1 + n_context + n_name, length)])


class DeepPrompts(PromptLearner):
    """Text prompts `ctx` (n, W) and `deep_text.i` (n, W) in the text encoder's first blocks.

    Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, prompts a block.
        ctx_init: words that the first block's start from.
        depth: blocks with prompts, 1 or more.
    """

    def __init__(
        self, backbone: Backbone, classnames: list[str], n_ctx: int, ctx_init: str, depth: int
    ):
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

    Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, text prompts a block.
        ctx_init: words that the first block's start from.
        text_depth: blocks with text prompts, 1 or more.
        n_image: m, image prompts a block.
        image_depth: blocks with image prompts; with 0 there are none.
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

    Args:
        backbone: gives widths.
        classnames: K names.
        n_ctx: n, prompts a block.
        ctx_init: words that the first block's start from.
        depth: blocks with prompts in both encoders, 1 or more.
    """

    def __init__(
        self, backbone: Backbone, classnames: list[str], n_ctx: int, ctx_init: str, depth: int
    ):
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


TEXTS_AT_ONCE = 1024  # bounds memory where a batch of images meets many classes


class ConditionalPromptLearner(PromptLearner):
    """A context `ctx` (n, W) and `meta_net`, which makes of an image what is added to it."""

    def __init__(self, backbone: Backbone, classnames: list[str], n_ctx: int | None, ctx_init: str):
        """As a `PromptLearner`, with a meta_net D -> D / 16 -> W."""
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
