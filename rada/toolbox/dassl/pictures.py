"""Pictures as RGB with 8 bits a channel: how each kind becomes that, and which are refused.

Whoever reads a picture, or checks whether it can be read, goes through here.
"""

import os
import stat

import numpy as np
from PIL import Image

BITS_PER_SAMPLE = 258  # a tag of TIFF


def open_picture(path: str) -> Image.Image:
    """Open a picture, not decoded yet.

    Raises:
        OSError: if there is no such file, or it is a folder, a pipe or a device: opening a pipe
            would wait for a writer.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError("not a regular file, but a folder, a pipe or a device")
    return Image.open(path)


def as_rgb(image: Image.Image) -> Image.Image:
    """Decode a picture as RGB.

    Grey ones of 16 bits are scaled, 65535 to 255, and rounded: `(v + 128) // 257`, where no value
    lies half-way. Pillow itself cuts them at 255, nearly white. All others become what Pillow
    makes of them; alpha is dropped.

    Args:
        image: opened, not decoded yet.

    Raises:
        ValueError: for integers of 32 bits and floats, whose range nobody has agreed on.
    """
    image.load()
    if image.mode.startswith("I;16") or is_grey_of_16_bits(image):
        image = eight_bits(image)
    elif image.mode in ("I", "F"):
        kind = "integers of 32 bits" if image.mode == "I" else "floats"
        raise ValueError(
            f"its mode {image.mode}, {kind}, has no agreed range from black to white; "
            "save it with 8 or 16 bits a channel"
        )
    image.info.pop("transparency", None)  # RGB has none; a palette's would be warned of
    return image.convert("RGB")


def is_grey_of_16_bits(image: Image.Image) -> bool:
    """Whether integers of 32 bits hold 16: so Pillow reads PGM, and older releases PNG too."""
    return image.mode == "I" and image.format in ("PNG", "PPM")


def eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits, or of 12 in a TIFF file, with 8: scaled and rounded."""
    twelve = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE) == (12,)
    most = 4095 if twelve else 65535
    values = np.asarray(image.convert("I"))
    return Image.fromarray(((values * 255 + most // 2) // most).astype(np.uint8))
