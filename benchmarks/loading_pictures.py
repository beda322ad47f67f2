"""Generated JPEGs for benchmarks/loading.py, as large as photographs in Food-101 and ImageNet.

Noise at several scales fills them, so that a file takes about 50 KB, the mean of Food-101.
"""

from pathlib import Path

import numpy as np
from PIL import Image

SIZES = ((500, 375), (512, 512), (375, 500), (512, 384), (500, 333), (384, 512))  # width, height
SCALES = (4, 12, 40, 120)  # cells of noise along an edge


def write_pictures(folder: Path, count: int) -> list[str]:
    """Write `count` JPEGs, the same ones every time, their sizes in turn; returns their paths."""
    generator = np.random.default_rng(0)
    paths = []
    for index in range(count):
        paths.append(str(folder / f"{index}.jpg"))
        picture(SIZES[index % len(SIZES)], generator).save(paths[-1], quality=90)
    return paths


def picture(size: tuple[int, int], generator: np.random.Generator) -> Image.Image:
    """Smooth noise with finer detail on top, fainter the finer it is; size is (width, height)."""
    pixels = np.full((size[1], size[0], 3), 128, np.float32)
    for cells in SCALES:
        for channel in range(3):
            noise = generator.normal(0, 60 / cells**0.3, (cells, cells)).astype(np.float32)
            enlarged = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
            pixels[..., channel] += np.asarray(enlarged)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
