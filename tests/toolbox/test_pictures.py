"""Pictures of all kinds that Pillow writes: as before, scaled, or refused in a line."""

import io
import os
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from dassl.pictures import as_rgb
from dassl.utils import read_image
from rada.data.pictures import reason_unreadable

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")
FORMATS = ("png", "tiff", "jpg", "gif", "webp")
NO_RANGE = r'"{}": its mode {}, .*, has no agreed range .*; save it with 8 or 16 bits a channel; re'


def drawn(mode: str) -> Image.Image:
    """A gradient with noise, of every mode Pillow can make of bytes."""
    if mode == "PA":
        image = drawn("P").convert("PA")
        image.putalpha(drawn("L"))
        return image
    if mode == "P":
        return drawn("RGB").quantize(32)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (20, 24, channels), np.uint8)
    if mode == "1":
        return Image.fromarray(pixels[..., 0]).convert("1")
    return Image.frombytes(mode, (24, 20), pixels.tobytes())


def written(mode: str, ending: str, **options) -> bytes | None:
    """A file with a picture; None where the format has no such mode."""
    file = io.BytesIO()
    try:
        drawn(mode).save(file, Image.registered_extensions()[f".{ending}"], **options)
    except (OSError, ValueError):
        return None
    return file.getvalue()


KINDS = [(mode, ending) for mode in MODES for ending in FORMATS if written(mode, ending)]


def test_there_are_all_kinds():
    assert {mode for mode, _ in KINDS} == set(MODES) and {e for _, e in KINDS} == set(FORMATS)


@pytest.mark.parametrize("mode, ending", KINDS)
def test_8_bits_are_what_pillow_makes_of_them(mode, ending, tmp_path):
    path = tmp_path / f"x.{ending}"
    path.write_bytes(written(mode, ending))
    with Image.open(path) as image:
        expected = image.convert("RGB")
    found = read_image(str(path))
    assert (found.mode, found.size) == ("RGB", (24, 20))
    assert found.tobytes() == expected.tobytes()
    assert reason_unreadable(str(path)) == ""


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")  # Pillow's own
@pytest.mark.parametrize("transparency", [3, bytes(range(32))], ids=["a colour", "alpha"])
def test_a_palette_with_transparency_keeps_its_colours(transparency, tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(written("P", "png", transparency=transparency))
    with Image.open(path) as image:
        assert "transparency" in image.info
        expected = image.convert("RGB")
    assert read_image(str(path)).tobytes() == expected.tobytes()
    assert reason_unreadable(str(path)) == ""


def every_value() -> np.ndarray:
    return np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)


@pytest.mark.parametrize("ending", ["png", "tiff", "pgm", "jp2"])
def test_grey_of_16_bits_is_scaled_and_rounded(ending, tmp_path):
    values, path = every_value(), tmp_path / f"x.{ending}"
    options = {"irreversible": False} if ending == "jp2" else {}
    Image.fromarray(values).save(path, **options)
    found = np.asarray(read_image(str(path)))
    assert (found == found[..., :1]).all()
    # exact: in float64 no value / 257 is rounded across a half, and none is one
    assert np.array_equal(found[..., 0], np.round(values / 257))
    assert np.array_equal(found[..., 0], (values.astype(int) + 128) // 257)
    assert reason_unreadable(str(path)) == ""


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N"])
def test_all_orders_of_bytes(mode):
    order = ">u2" if mode == "I;16B" else "=u2" if mode == "I;16N" else "<u2"
    image = Image.frombytes(mode, (256, 256), every_value().astype(order).tobytes())
    assert np.array_equal(np.asarray(as_rgb(image))[..., 0], np.round(every_value() / 257))


def test_a_png_of_16_bits_that_an_older_pillow_reads_as_32():
    image = Image.fromarray(every_value().astype(np.int32))
    image.format = "PNG"
    assert np.array_equal(np.asarray(as_rgb(image))[..., 1], np.round(every_value() / 257))


def test_12_bits_of_tiff(tmp_path):
    """Two values, 4095 and 2048, in three bytes."""
    path, tags = tmp_path / "x.tiff", TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in ((256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (277, 1), (278, 1)):
        tags[tag] = value
    tags[273], tags[279] = 0, 3  # bytes right behind the directory, and how many
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + tags.tobytes(8) + b"\xff\xf8\x00")
    assert [read_image(str(path)).getpixel((x, 0))[0] for x in (0, 1)] == [255, 128]


@pytest.mark.parametrize(
    "name, mode, values",
    [
        ("x.tiff", "I", np.full((4, 4), 70_000, np.int32)),
        ("signed.tiff", "I", np.full((4, 4), 7, np.int16)),
        ("x.tiff", "F", np.full((4, 4), 0.5, np.float32)),
        ("x.pfm", "F", np.full((4, 4), 0.5, np.float32)),
    ],
)
def test_without_an_agreed_range_they_are_refused(name, mode, values, tmp_path):
    path = tmp_path / name
    if values.dtype == np.int16:  # Pillow does not write it: the tag of signed numbers is 339
        Image.fromarray(values.astype(np.uint16)).save(path, tiffinfo={339: 2})
    else:
        Image.fromarray(values).save(path)
    with pytest.raises(ValueError, match=NO_RANGE.format(path, mode)) as error:
        read_image(str(path))
    assert "\n" not in str(error.value)
    assert f"its mode {mode}, " in reason_unreadable(str(path))


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "link to a pipe"])
def test_what_is_no_file_is_refused_and_not_waited_for(kind, tmp_path):
    path = str(tmp_path / "x.png")
    if kind == "folder":
        os.mkdir(path)
    elif kind == "device":
        path = os.devnull
    else:
        os.mkfifo(tmp_path / "pipe")
        os.symlink(tmp_path / "pipe", path)
        path = str(tmp_path / "pipe") if kind == "pipe" else path
    with pytest.raises(ValueError, match=f'"{path}": not a regular file, but .*; replace or remo'):
        read_image(path)
    assert reason_unreadable(path) == "not a regular file, but a folder, a pipe or a device"
