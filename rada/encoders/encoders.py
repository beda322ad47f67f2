"""What stands before the head: an encoder turns images into image and class features.

An encoder is a module with `encode_image(images) -> (B, D)` and `encode_text(image_features) ->
(K, D)`, or (B, K, D) if its class features depend on the image; neither normalises.
`text_depends_on_image` says which.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from rada.backbones.backbone import Backbone
from rada.encoders.prompt_learner import PromptLearner


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
        """Class features (K, D), or (B, K, D).

        Args:
            image_features: (B, D), L2-normalised; read only if text_depends_on_image.
        """
        raise NotImplementedError


class FrozenEncoder(Encoder):
    """CLIP as it is: class features (K, D) that never change, such as those of templates."""

    text_features: Tensor

    def __init__(self, backbone: Backbone, text_features: Tensor):
        super().__init__(backbone)
        self.register_buffer("text_features", text_features, persistent=False)

    def encode_text(self, image_features: Tensor | None = None) -> Tensor:
        """Class features (K, D)."""
        return self.text_features


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
