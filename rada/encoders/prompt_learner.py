"""Learned contexts in the place of words (CoOp: Zhou et al., arXiv 2109.01134)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rada.backbones.backbone import Backbone


class PromptLearner(nn.Module):
    """n context vectors before, around or behind each class name.

    Its one tensor is `ctx`: (n, W), or (K, n, W) for class-specific contexts. A subclass may add
    prompts that enter deeper blocks or the image encoder.
    """

    tokens: Tensor
    slots: Tensor

    def __init__(
        self,
        backbone: Backbone,
        classnames: Sequence[str],
        n_ctx: int = 16,
        ctx_init: str = "",
        class_specific: bool = False,
        class_token_position: str = "end",
    ):
        """Args:
        backbone: gives tokens, widths and the words' vectors.
        classnames: K names; underscores become blanks.
        n_ctx: n, context vectors.
        ctx_init: words to start from: the first n of their vectors are learned, the words behind
            them stay. Without words the context starts as noise.
        class_specific: one context for each class; without words only.
        class_token_position: "end", "middle" or "front" of the context.

        Raises:
            ValueError: for another position, fewer than one vector, more vectors than words, or a
                class name that is too long.
        """
        super().__init__()
        words = " ".join(words_of(ctx_init))
        _require_vectors(n_ctx, words)
        prefix = words or " ".join(["X"] * n_ctx)
        names = [name.replace("_", " ") for name in classnames]
        tokens = backbone.tokenize([f"{prefix} {name}." for name in names], names)
        lengths = [int(ids.argmax()) - 1 for ids in backbone.tokenize(names)]
        self.n_ctx = n_ctx
        self.ctx = nn.Parameter(_initial(backbone, words, n_ctx, class_specific, len(names)))
        order = torch.stack(
            [_order(n_ctx, n, tokens.shape[1], class_token_position) for n in lengths]
        )
        order = order.to(tokens.device)
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


def words_of(ctx_init: str) -> list[str]:
    """The words of a CTX_INIT, which stand between blanks or underscores."""
    return ctx_init.replace("_", " ").split()


def noise(*shape: int) -> nn.Parameter:
    """A prompt to start from: normal, standard deviation 0.02."""
    return nn.Parameter(nn.init.normal_(torch.empty(shape), std=0.02))


def _require_vectors(n_ctx: int, words: str) -> None:
    if n_ctx < 1:
        raise ValueError(f"N_CTX must be 1 or more, got {n_ctx}")
    if words and n_ctx > len(words.split(" ")):
        raise ValueError(
            f'N_CTX {n_ctx} is more than the words of CTX_INIT "{words}"; give as many words, '
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


def _order(n_ctx: int, n_name: int, length: int, position: str) -> Tensor:
    """Which token of "[start] context name . [end]" stands where, for one class; (length,) long."""
    context, name = list(range(1, 1 + n_ctx)), list(range(1 + n_ctx, 1 + n_ctx + n_name))
    half = n_ctx // 2
    layouts = {
        "end": context + name,
        "middle": context[:half] + name + context[half:],
        "front": name + context,
    }
    if position not in layouts:
        raise ValueError(f'CLASS_TOKEN_POSITION is one of {", ".join(layouts)}; got "{position}"')
    return torch.tensor([0, *layouts[position], *range(1 + n_ctx + n_name, length)])
