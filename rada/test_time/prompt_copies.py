"""A copy of learned prompts for each of many images, tuned side by side."""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.func import functional_call

from rada.encoders.prompts import PromptEncoder


class PromptCopies:
    """E copies of what a prompt learner learns.

    Args:
        encoder: with a prompt learner; stays as it is.
        start: where the copies start, (E, ...); what is not in it stays the learner's own.
        first: class features of the start, if it is the same for all copies.

    Attributes:
        tuned: leaves (E, ...) by their names in the prompt learner.
    """

    def __init__(
        self, encoder: PromptEncoder, start: dict[str, Tensor], first: "FirstTexts | None" = None
    ):
        self.encoder, self.first = encoder, first
        self.tuned = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}

    def prompts(self) -> tuple[list[Tensor], list[Tensor]]:
        """What enters the blocks: of the text encoder (E, n, W) or (E, K, n, W) each, of the image
        encoder (E, m, V) each."""
        learner = self.encoder.prompt_learner
        return torch.vmap(lambda tuned: functional_call(learner, tuned, ()))(self.tuned)

    def class_features(self) -> Tensor:
        """(E, K, D), not normalised."""
        first, self.first = self.first, None  # the copies are about to move
        if first is not None:
            return _Repeated.apply(first, *self.tuned.values())
        return self.encoder.encode_text_each(self.prompts()[0])

    def image_features(self, pictures: Tensor) -> Tensor:
        """(E, v, D), not normalised, of pictures (E, v, 3, size, size)."""
        prompts = [prompt.repeat_interleave(pictures.shape[1], 0) for prompt in self.prompts()[1]]
        features = self.encoder.backbone.encode_image(pictures.flatten(0, 1), prompts)
        return features.unflatten(0, pictures.shape[:2])


class FirstTexts:
    """Class features of prompts that no image has moved yet, encoded once for all images.

    The gradient of each image's copy goes back through the same graph.

    Attributes:
        features: (K, D), not normalised.
    """

    def __init__(self, encoder: PromptEncoder):
        """Encode the classes behind the prompts as they are now."""
        learner = encoder.prompt_learner
        leaves = {name: p.detach().requires_grad_() for name, p in learner.named_parameters()}
        self.leaves = list(leaves.values())
        with torch.enable_grad():
            prompts, _ = functional_call(learner, leaves, ())
            self.features = encoder.backbone.encode_text(learner.tokens, prompts, learner.slots)

    def gradients(self, grad_output: Tensor) -> tuple[Tensor, ...]:
        """Of each tensor of the prompt learner, from that of the features (K, D)."""
        options = {"retain_graph": True, "allow_unused": True, "materialize_grads": True}
        return torch.autograd.grad(self.features, self.leaves, grad_output, **options)


class _Context(FunctionCtx):
    first: FirstTexts


class _Repeated(torch.autograd.Function):
    """The first texts for each copy: (E, K, D)."""

    @staticmethod
    def forward(ctx: _Context, first: FirstTexts, *tuned: Tensor) -> Tensor:
        ctx.first = first
        return first.features.detach().expand(len(tuned[0]), -1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        each = [ctx.first.gradients(grad_output) for grad_output in grad_outputs]
        return None, *(torch.stack(gradients) for gradients in zip(*each, strict=True))
