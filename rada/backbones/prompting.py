"""What enters the blocks of an unmodified CLIP: prompts and adapters, by hooks for one call.

Prompt i stands in its places when block i begins; what block i - 1 made of those places is thrown
away. Behind the last prompt the tokens go on as they are (deep prompting: Jia et al.,
arXiv 2203.12119; both towers: Khattak et al., arXiv 2210.03117).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from rada.backbones.openai_clip import CLIP, Block, ImageEncoder, Tower

# (tokens, the block's first LayerNorm) -> what is added to the block's output
BlockAdapter = Callable[[Tensor, nn.Module], Tensor]


@contextmanager
def removed_afterwards(handles: list[RemovableHandle]) -> Iterator[list[RemovableHandle]]:
    """Hooks live inside only; those registered inside are appended to the list."""
    try:
        yield handles
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def text_prompts(model: CLIP, prompts: Sequence[Tensor], slots: Tensor | None) -> Iterator[None]:
    """Prompts in the text transformer of OpenAI's CLIP.

    Args:
        model: the CLIP model.
        prompts: prompts[i], (n, W) or (K, n, W), stands in the slots when block i begins;
            prompts[0] replaces token embeddings, before positions are added.
        slots: (K, L) bool, n true entries in each row; required with prompts.

    Raises:
        ValueError: if there are more prompts than blocks.
    """
    blocks = model.transformer.resblocks
    require_blocks(blocks, len(prompts))

    def replace(tokens: Tensor, prompt: Tensor) -> Tensor:  # (K, L, W)
        assert slots is not None
        prompt = prompt.to(tokens.dtype).expand(len(tokens), -1, -1)
        return tokens.masked_scatter(slots[..., None], prompt)

    def embed(prompt: Tensor) -> Callable:
        return lambda module, args, embeddings: replace(embeddings, prompt)

    def enter(prompt: Tensor) -> Callable:  # inside the blocks: (L, K, W)
        return lambda module, args: (replace(args[0].transpose(0, 1), prompt).transpose(0, 1),)

    with removed_afterwards([]) as handles:
        if prompts:
            handles.append(model.token_embedding.register_forward_hook(embed(prompts[0])))
        for block, prompt in zip(blocks[1:], prompts[1:], strict=False):
            handles.append(block.register_forward_pre_hook(enter(prompt)))
        yield


@contextmanager
def image_prompts(visual: ImageEncoder, prompts: Sequence[Tensor]) -> Iterator[None]:
    """Prompts behind the patches in the vision transformer of OpenAI's CLIP.

    Args:
        visual: the image encoder.
        prompts: prompts[i], (n, W) or (B, n, W), stands behind the patches when block i begins;
            prompts[0] is appended after positions were added, before the first LayerNorm.

    Raises:
        ValueError: if the encoder has no blocks, or fewer than prompts.
    """
    if not prompts:
        yield
        return
    blocks = require_vision_blocks(visual)
    require_blocks(blocks, len(prompts))
    n = prompts[0].shape[-2]

    def append(module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:  # (B, L, W)
        prompt = prompts[0].to(args[0].dtype).expand(len(args[0]), -1, -1)
        return (torch.cat([args[0], prompt], 1),)

    def enter(prompt: Tensor) -> Callable:  # inside the blocks: (L, B, W)
        def exchange(module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
            tokens = args[0]
            last = prompt.to(tokens.dtype).expand(tokens.shape[1], -1, -1)
            return (torch.cat([tokens[:-n], last.transpose(0, 1)]),)

        return exchange

    with removed_afterwards([visual.ln_pre.register_forward_pre_hook(append)]) as handles:
        for block, prompt in zip(blocks[1:], prompts[1:], strict=False):
            handles.append(block.register_forward_pre_hook(enter(prompt)))
        yield


@contextmanager
def block_adapters(tower: Tower, adapters: Mapping[int, BlockAdapter]) -> Iterator[None]:
    """Add adapters[i](tokens, LayerNorm) of block i's input to its output.

    Args:
        tower: with `transformer.resblocks`: a CLIP model for its text, its `visual` for images.
        adapters: by index of the block, from 0; tokens are (L, B, W).

    Raises:
        ValueError: if the tower has no such block.
    """

    def add(adapter: BlockAdapter) -> Callable:
        def hook(block: Block, args: tuple[Tensor], output: Tensor) -> Tensor:
            return output + adapter(args[0], block.ln_1).to(output.dtype)

        return hook

    with removed_afterwards([]) as handles:
        blocks = require_vision_blocks(tower) if adapters else ()
        require_blocks(blocks, max(adapters, default=-1) + 1)
        for i, adapter in adapters.items():
            handles.append(blocks[i].register_forward_hook(add(adapter)))
        yield


def require_vision_blocks(tower: Tower) -> Sequence[Block]:
    """The blocks of a transformer; raises ValueError for a ResNet."""
    if not hasattr(tower, "transformer"):
        raise ValueError(
            "a ResNet's image encoder has no blocks that prompts or adapters could enter; "
            "take a ViT backbone, or a method that changes the text only"
        )
    return tower.transformer.resblocks


def require_blocks(blocks: Sized, depth: int) -> None:
    """Raise ValueError if there are fewer blocks than a depth."""
    if depth > len(blocks):
        raise ValueError(f"the encoder has {len(blocks)} blocks, prompts or adapters for {depth}")
