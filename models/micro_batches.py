"""The RAda head takes a few images at a time, so that its memory does not grow with the batch."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from models.attention import KEEP_SCORES

ROWS = 2048  # (image, class) pairs worked on at a time
KEEP_BYTES = 64 << 20  # results kept for the backward pass; what exceeds it is computed again


def micro_batches(image: Tensor, text: Tensor, num_heads: int) -> Iterator[tuple[slice, Callable]]:
    """Ranges of images of about ROWS rational rows, each with the way to run a function on it.

    The first ones keep their results for the backward pass, as far as KEEP_BYTES goes; the others
    compute them again.
    """
    num_images, num_classes, width = len(image), *text.shape[1:]
    numbers = 6 * num_classes * width  # R, 3 packed, O, M
    if num_classes**2 <= KEEP_SCORES:
        numbers += 2 * num_heads * num_classes**2  # the maps
    kept_images = KEEP_BYTES // (numbers * image.element_size())
    step = max(1, ROWS // num_classes)
    for start in range(0, max(1, num_images), step):
        keep = min(start + step, num_images) <= kept_images or not torch.is_grad_enabled()
        yield slice(start, start + step), run_keeping if keep else run_again


def run_keeping(function: Callable, *args):
    """Call the function; autograd keeps what it needs."""
    return function(*args)


run_again = partial(checkpoint, use_reentrant=False, preserve_rng_state=False)
