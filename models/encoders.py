"""What stands before the head: an encoder turns images into image and class features.

An encoder is a module with `encode_image(images) -> (B, D)` and `encode_text(image_features) ->
(K, D)`, or (B, K, D) if its class features depend on the image; neither normalises.
`text_depends_on_image` says which.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.backbone import Backbone


class Encoder(nn.Module):
    """Frozen image encoder; a subclass says where class features come from."""

    text_depends_on_image = False

    def __init__(self, backbone: Backbone):
        super().__init__()
        self.backbone = backbone

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D)."""
        return self.backbone.encode_image(images)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        raise NotImplementedError


class TemplateEncoder(Encoder):
    """Class features from hand-written templates, encoded once.

    With several templates: the mean of the normalised features, as CLIP's prompt ensembling.
    """

    def __init__(self, backbone: Backbone, classnames: Sequence[str], templates: Sequence[str]):
        """Args:
        classnames: K names; underscores become blanks.
        templates: sentences with one {} for the name.
        """
        super().__init__(backbone)
        features = 0
        with torch.no_grad():
            for template in templates:
                texts = [template.format(name.replace("_", " ")) for name in classnames]
                encoded = backbone.encode_text(backbone.tokenize(texts)).float()
                features = features + encoded / encoded.norm(dim=-1, keepdim=True)
        self.register_buffer("text_features", features / len(templates), persistent=False)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        return self.text_features


class PromptLearner(nn.Module):
    """CoOp's learned context: n vectors in the place of n words (Zhou et al., arXiv 2109.01134).

    Its one tensor is `ctx`: (n, W), or (K, n, W) for class-specific contexts.
    """

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
        n_ctx: context vectors, if not counted from ctx_init.
        ctx_init: words to start from, one vector per blank-separated word; overrules
            n_ctx and class_specific, as in CoOp.
        class_token_position: "end", "middle" or "front" of the context.

        Raises:
            ValueError: for another position, or fewer than one vector.
        """
        super().__init__()
        words = ctx_init.replace("_", " ")
        n_ctx = len(words.split(" ")) if words else n_ctx
        if n_ctx < 1:
            raise ValueError(f"N_CTX must be 1 or more, got {n_ctx}")
        prefix = words or " ".join(["X"] * n_ctx)
        names = [name.replace("_", " ") for name in classnames]
        tokens = backbone.tokenize([f"{prefix} {name}." for name in names])
        lengths = [int(ids.argmax()) - 1 for ids in backbone.tokenize(names)]
        self.ctx = nn.Parameter(self._initial(backbone, words, n_ctx, class_specific, len(names)))
        order = torch.stack(
            [_order(n_ctx, n, tokens.shape[1], class_token_position) for n in lengths]
        )
        order = order.to(tokens.device)
        self.register_buffer("tokens", tokens.gather(1, order), persistent=False)
        self.register_buffer("slots", (order >= 1) & (order <= n_ctx), persistent=False)
        print(f'Initial context: "{prefix}"\nNumber of context words (tokens): {n_ctx}')

    def forward(self) -> Tensor:
        """The context, (n, W) or (K, n, W)."""
        return self.ctx

    @staticmethod
    def _initial(backbone, words: str, n_ctx: int, class_specific: bool, n_classes: int) -> Tensor:
        if words:
            with torch.no_grad():
                return backbone.embed(backbone.tokenize([words]))[0, 1 : 1 + n_ctx].clone()
        kind = "class-specific contexts" if class_specific else "a generic context"
        print(f"Initializing {kind}")
        shape = (n_ctx, backbone.text_width)
        return nn.init.normal_(
            torch.empty(n_classes, *shape) if class_specific else torch.empty(shape), std=0.02
        )


class CoOpEncoder(Encoder):
    """Class features of the class names behind a learned context; images as in CLIP."""

    def __init__(self, backbone: Backbone, prompt_learner: PromptLearner):
        super().__init__(backbone)
        self.prompt_learner = prompt_learner

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        learner = self.prompt_learner
        return self.backbone.encode_text(learner.tokens, [learner()], learner.slots)


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
