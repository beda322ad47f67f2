"""Write the tiny CLIP in OpenAI's state-dict format, so that the stock `clip` package builds it."""

import io

import torch
from torch import Tensor, nn

from rada.files import replacing, sha256
from rada.world.tokens import POSITIONS, ROWS, Vocabulary, expand


def to_openai(model: nn.Module, vocabulary: Vocabulary) -> dict[str, Tensor]:
    """The state dict in float16 with the full token table and 77 positions."""
    state = {name: value.detach().clone() for name, value in model.state_dict().items()}
    state["token_embedding.weight"] = expand(state["token_embedding.weight"], vocabulary)
    seen = state["positional_embedding"]
    unseen = seen[-1:].repeat(POSITIONS - len(seen), 1)  # positions no caption reached
    state["positional_embedding"] = torch.cat([seen, unseen])
    state = {name: value.half() for name, value in state.items()}
    sizes = {
        "input_resolution": model.visual.input_resolution,
        "context_length": POSITIONS,
        "vocab_size": ROWS,
    }
    return state | {name: torch.tensor(size) for name, size in sizes.items()}


def save(model: nn.Module, vocabulary: Vocabulary, path: str) -> str:
    """Write the checkpoint, whole or not at all; returns its sha256."""
    content = io.BytesIO()  # the bytes of a file would depend on its name
    torch.save(to_openai(model, vocabulary), content)
    with replacing(path) as file:
        file.write(content.getvalue())
    return sha256([content.getvalue()])
