"""Stand-in pictures: two colours in stripes that belong to a class, so that it can be learned."""

import io
import os
import zlib

import numpy as np
from PIL import Image

from rada.data.splits import PARTS
from rada.rehearsal.classes import Class
from rada.rehearsal.files import File

LOOKS = 4  # different pictures of a class in each part
BORDER = 2  # pixels of red around ObjectNet's pictures
QUALITY = 85


def write_pictures(image_dir: str, files: list[File], size: int) -> None:
    """Write all pictures below image_dir.

    Args:
        size: of the shorter side, pixels; a PNG gets ObjectNet's red border around that.
    """
    looks: dict[Class, list[bytes]] = {}
    folders: set[str] = set()
    for file in files:
        if file.of not in looks:
            pictures = draw(file.of.name, len(PARTS) * LOOKS, size)
            png = file.path.endswith(".png")
            looks[file.of] = list(map(bordered_png, pictures)) if png else pictures
        path = os.path.join(image_dir, file.path)
        if (folder := os.path.dirname(path)) not in folders:
            os.makedirs(folder, exist_ok=True)
            folders.add(folder)
        with open(path, "wb") as stream:
            stream.write(looks[file.of][PARTS.index(file.part) * LOOKS + file.number % LOOKS])


def draw(name: str, count: int, size: int) -> list[bytes]:
    """JPEG files of a class; like those of real sets some are not square and some are grey.

    Args:
        name: decides colours and stripes: a class looks the same in every dataset.
        count: how many different pictures.
        size: of the shorter side, pixels.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    colours, angle = rng.uniform(0, 255, (2, 3)), rng.uniform(0, np.pi)
    period = size * rng.uniform(0.15, 0.6)
    shapes = [(size, size), (size, size * 3 // 2), (size, size), (size * 4 // 3, size)]
    pictures = []
    for number in range(count):
        height, width = shapes[number % len(shapes)]
        y, x = np.mgrid[:height, :width]
        phase = 2 * np.pi * ((x * np.cos(angle) + y * np.sin(angle)) / period + rng.uniform())
        share = (0.5 + 0.5 * np.sin(phase))[..., None]
        pixels = share * colours[0] + (1 - share) * colours[1]
        pixels += rng.normal(0, 12, pixels.shape)
        picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        pictures.append(_jpeg(picture.convert("L") if number % 10 == 4 else picture))
    return pictures


def bordered_png(jpeg: bytes) -> bytes:
    """The picture as PNG with a red border, as ObjectNet has them."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    framed = Image.new("RGB", (picture.width + 2 * BORDER, picture.height + 2 * BORDER), "red")
    framed.paste(picture, (BORDER, BORDER))
    file = io.BytesIO()
    framed.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
