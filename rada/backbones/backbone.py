"""One small interface over an installed, unmodified CLIP package.

Everything above this file sees images, tokens and prompts, never the package: widths, depths,
precision and the order of batch and sequence inside the blocks stay here.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType

import torch
from torch import Tensor, nn

from rada.backbones.fixed_images import handed_on
from rada.backbones.openai_clip import CLIP, Tower, Transformer
from rada.backbones.precision import HALVES, at_least_float32, autocast, cast, require_precision
from rada.backbones.prompting import BlockAdapter, block_adapters, image_prompts, text_prompts
from rada.backbones.recompute import blocks_of, recomputed
from rada.backbones.weights import import_clip


class Backbone(nn.Module):
    """OpenAI's CLIP with prompts as arguments.

    Args:
        model: what `clip.model.build_model` returns, in float32.
        precision: "fp32"; "fp16", "bf16" (weights cast); "amp" or "amp_bf16" (autocast; "amp" is
            float16 on a GPU and bfloat16 on a CPU).

    Raises:
        ValueError: for any other precision.

    Attributes:
        dim: D, width of the joint embedding.
        text_width: W, width of the text transformer.
        vision_width: width of the vision transformer; 0 for a ResNet.
        text_blocks, vision_blocks: how many blocks they have; a ResNet 0.
        image_size: side of the square input, pixels.
        context_length: tokens per text, 77 in every published CLIP.
        activation_checkpointing: whether a backward pass computes the blocks again; off at first.
    """

    def __init__(self, model: CLIP, precision: str = "fp32"):
        super().__init__()
        require_precision(precision)
        self.model = model.eval().requires_grad_(False)
        self.precision = precision
        self.activation_checkpointing = False
        if precision in HALVES:
            cast(model, HALVES[precision])
        self.dim = model.text_projection.shape[1]
        self.text_width = model.ln_final.weight.shape[0]
        self.text_blocks = len(model.transformer.resblocks)
        transformer: Transformer | None = getattr(model.visual, "transformer", None)
        self.vision_width = transformer.width if transformer else 0
        self.vision_blocks = len(transformer.resblocks) if transformer else 0
        self.image_size = model.visual.input_resolution
        self.context_length = model.positional_embedding.shape[0]

    @property
    def amp(self) -> bool:
        """Whether the encoders run under autocast."""
        return self.precision.startswith("amp")

    @property
    def logit_scale(self) -> Tensor:
        """exp of CLIP's learned log-temperature, a float32 scalar (100 in OpenAI's models)."""
        return at_least_float32(self.model.logit_scale).exp()

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the encoders' matrices."""
        return self.model.text_projection.dtype

    def tokenize(self, texts: Sequence[str], names: Sequence[str] = ()) -> Tensor:
        """Token ids (K, 77), zero-padded, on the model's device.

        Args:
            texts: K sentences.
            names: the K classes they speak of, for the message.

        Raises:
            ValueError: naming the class of a text that does not fit into the context.
        """
        tokenize, length = import_clip().tokenize, self.context_length
        try:
            tokens = tokenize(list(texts), length)
        except RuntimeError:  # some text is too long: which?
            for text, name in zip(texts, names or texts, strict=True):
                try:
                    tokenize([text], length)
                except RuntimeError:
                    raise ValueError(
                        f'class "{name}": its text has more than the {length} tokens that CLIP '
                        f'reads ("{text[:40]}..."); shorten its name, the template or the context'
                    ) from None
            raise
        return tokens.to(self.model.text_projection.device)

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, as many as fit, without its start and end; a word may be several."""
        tokens = import_clip().tokenize([text], self.context_length, truncate=True)
        return int(tokens.argmax()) - 1

    def embed(self, tokens: Tensor) -> Tensor:
        """Token embeddings (K, L, W) in float32, without positions."""
        return at_least_float32(self.model.token_embedding(tokens))

    def encode_image(
        self,
        images: Tensor,
        prompts: Sequence[Tensor] = (),
        adapters: Mapping[int, BlockAdapter] = MappingProxyType({}),
    ) -> Tensor:
        """Image features (B, D), not normalised, of images (B, 3, image_size, image_size).

        Args:
            images: normalised pictures; or their features (B, D), made here before, which are
                handed on (`rada.backbones.fixed_images`).
            prompts: prompts[i], (n, V) or (B, n, V) of V = vision_width, enters block i
                (`rada.backbones.prompting`).
            adapters: adapters[i] adds to block i's output.
        """
        if images.dim() == 2:
            return handed_on(images, prompts, adapters)
        visual = self.model.visual
        entering = image_prompts(visual, prompts), block_adapters(visual, adapters)
        with entering[0], entering[1], self._recomputed(visual), self._autocast():
            return self.model.encode_image(images)

    def encode_text(
        self,
        tokens: Tensor,
        prompts: Sequence[Tensor] = (),
        slots: Tensor | None = None,
        adapters: Mapping[int, BlockAdapter] = MappingProxyType({}),
    ) -> Tensor:
        """Text features (K, D), not normalised.

        Tokens behind the last end-of-text are cut off before encoding: attention is causal and the
        feature is read at the end-of-text token, so they cannot change it, and they cost the most.

        Args:
            tokens: (K, L) token ids; placeholders where prompts enter.
            prompts: prompts[i], (n, W) or (K, n, W), enters block i (`rada.backbones.prompting`).
            slots: (K, L) bool, n true entries in each row; required with prompts.
            adapters: adapters[i] adds to block i's output.
        """
        length = int(tokens.argmax(-1).max()) + 1  # end-of-text has the highest id
        slots = None if slots is None else slots[:, :length]
        entering = text_prompts(self.model, prompts, slots)
        adapted = block_adapters(self.model, adapters)
        with entering, adapted, self._recomputed(self.model), self._autocast():
            return self.model.encode_text(tokens[:, :length])

    def _autocast(self) -> torch.autocast:
        return autocast(self.precision, self.model.text_projection.device.type)

    def _recomputed(self, encoder: Tower) -> AbstractContextManager[None]:
        return recomputed(blocks_of(encoder) if self.activation_checkpointing else [])
