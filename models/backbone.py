"""One small interface over an installed, unmodified CLIP package.

Everything above this file sees images, tokens and prompts, never the package: widths, depths,
precision and the order of batch and sequence inside the blocks stay here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from models.weights import import_clip, read_state_dict, weights_file

SIZES = {"input_resolution", "context_length", "vocab_size"}  # integers in OpenAI's files
PRECISIONS = ("fp32", "fp16", "bf16", "amp")


class Backbone(nn.Module):
    """OpenAI's CLIP with prompts as arguments.

    Attributes:
        dim: D, width of the joint embedding.
        text_width: W, width of the text transformer.
        image_size: side of the square input, pixels.
        context_length: tokens per text, 77 in every published CLIP.
    """

    def __init__(self, model: nn.Module, precision: str = "fp32"):
        """Args:
        model: what `clip.model.build_model` returns, in float32.
        precision: "fp32", "fp16", "bf16" (weights cast) or "amp" (autocast).

        Raises:
            ValueError: for any other precision.
        """
        super().__init__()
        if precision not in PRECISIONS:
            raise ValueError(
                f'unknown precision "{precision}"; PREC is one of {", ".join(PRECISIONS)}'
            )
        self.model = model.eval().requires_grad_(False)
        self.amp = precision == "amp"
        if precision in ("fp16", "bf16"):
            _cast(model, torch.float16 if precision == "fp16" else torch.bfloat16)
        self.dim = model.text_projection.shape[1]
        self.text_width = model.ln_final.weight.shape[0]
        self.image_size = model.visual.input_resolution
        self.context_length = model.positional_embedding.shape[0]

    @property
    def logit_scale(self) -> Tensor:
        """exp of CLIP's learned log-temperature, a float32 scalar (100 in OpenAI's models)."""
        return self.model.logit_scale.float().exp()

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the encoders' matrices."""
        return self.model.text_projection.dtype

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Token ids (K, 77), zero-padded, on the model's device.

        Raises:
            ValueError: if a text has more than 75 tokens.
        """
        try:
            tokens = import_clip().tokenize(list(texts), self.context_length)
        except RuntimeError as error:
            raise ValueError(f"{error}; shorten the class name or the template") from error
        return tokens.to(self.model.text_projection.device)

    def embed(self, tokens: Tensor) -> Tensor:
        """Token embeddings (K, L, W) in float32, without positions."""
        return self.model.token_embedding(tokens).float()

    def encode_image(self, images: Tensor) -> Tensor:
        """Image features (B, D), not normalised, of images (B, 3, image_size, image_size)."""
        with self._autocast():
            return self.model.encode_image(images)

    def encode_text(
        self, tokens: Tensor, prompts: Sequence[Tensor] = (), slots: Tensor | None = None
    ) -> Tensor:
        """Text features (K, D), not normalised.

        Tokens behind the last end-of-text are cut off before encoding: attention is causal and the
        feature is read at the end-of-text token, so they cannot change it, and they cost the most.

        Args:
            tokens: (K, L) token ids; placeholders where prompts enter.
            prompts: prompts[0], (n, W) or (K, n, W), replaces the token embeddings in the slots.
            slots: (K, L) bool, n true entries in each row; required with prompts.
        """
        length = int(tokens.argmax(-1).max()) + 1  # end-of-text has the highest id
        with _replaced_embeddings(self.model, prompts, slots, length), self._autocast():
            return self.model.encode_text(tokens[:, :length])

    def _autocast(self):
        device = self.model.text_projection.device.type
        dtype = torch.float16 if device == "cuda" else torch.bfloat16
        return torch.autocast(device, dtype, enabled=self.amp)


def build_backbone(name: str, precision: str = "fp32") -> Backbone:
    """Load a backbone by name or file; see `models.weights.weights_file` and `Backbone`.

    The package's own loader rounds weights to float16; here they keep the precision of the file.
    """
    state_dict = read_state_dict(weights_file(name))
    state_dict = {
        key: value.float() if value.is_floating_point() else value
        for key, value in state_dict.items()
        if key not in SIZES
    }
    try:
        model = import_clip().model.build_model(dict(state_dict)).float()
        model.load_state_dict(state_dict)
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"backbone {name} does not fit OpenAI's CLIP: {error}") from error
    return Backbone(model, precision)


def _cast(model: nn.Module, dtype: torch.dtype) -> None:
    # LayerNorms and embeddings stay float32, as in OpenAI's half-precision models
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.MultiheadAttention):
            module.to(dtype)
    projections = [model.text_projection, getattr(model.visual, "proj", None)]
    for projection in filter(lambda p: p is not None, projections):
        projection.data = projection.data.to(dtype)


@contextmanager
def _replaced_embeddings(model, prompts, slots, length) -> Iterator[None]:
    if not prompts:
        yield
        return

    def replace(module, args, embeddings: Tensor) -> Tensor:
        prompt = prompts[0].to(embeddings.dtype).expand(len(embeddings), -1, -1)
        return embeddings.masked_scatter(slots[:, :length, None], prompt)

    handle = model.token_embedding.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()
