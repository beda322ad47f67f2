"""Picture folders that build themselves: rendered on first use, whole or not at all.

    <folder>/stamp.json                   what the pictures were made from
    <folder>/<part>/<label>_<name>/<number>.png

A folder whose stamp is not the expected one (an older renderer, another seed) is built anew.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from torch import Tensor

from rada.files import make_whole, read_stamp, sha256

Part = tuple[Tensor, Tensor]  # pictures (N, 3, H, W) uint8, labels (N,)
HERE = Path(__file__).parent
DRAWING = (  # modules that decide how pictures look
    *("fields", "drawings", "shapes", "strokes", "glyphs", "patterns", "colours", "scene"),
    *("render", "camera", "classes", "sets", "things", "handwriting", "folders"),
)


def ensure_folder(
    folder: str, facts: dict, classnames: list[str], draw: Callable[[], dict[str, Part]]
) -> dict[str, list[tuple[str, int]]]:
    """Build the folder unless it is there and up to date; safe when several processes start.

    Args:
        facts: what decides the pictures besides the drawing code and class names (JSON values).
        draw: returns pictures and labels of every part; called only if needed.

    Returns:
        For train, val and test a list of (picture path, label), in label order; empty if the part
        was not drawn.

    Raises:
        OSError: if the folder cannot be written.
    """
    stamp = {"code": code_digest(), "classnames": classnames, **facts}

    def is_current() -> bool:
        return read_stamp(os.path.join(folder, "stamp.json")) == stamp

    def write(fresh: str) -> None:
        print(f"Rendering {os.path.basename(folder)} to {folder}")
        _build(fresh, stamp, draw())

    make_whole(folder, is_current, write)
    return {part: _list(folder, part) for part in ("train", "val", "test")}


def code_digest() -> str:
    """sha256 of the drawing code, line ends aside."""
    return sha256((HERE / f"{name}.py").read_text(encoding="utf-8") for name in DRAWING)


def _build(folder: str, stamp: dict, parts: dict[str, Part]) -> None:
    for part, (pictures, labels) in parts.items():
        _write(os.path.join(folder, part), pictures, labels.tolist(), stamp["classnames"])
    Path(folder, "stamp.json").write_text(json.dumps(stamp, indent=1))


def _write(folder: str, pictures: Tensor, labels: list[int], classnames: list[str]) -> None:
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        path = os.path.join(folder, f"{label:02d}_{classnames[label].replace(' ', '_')}")
        os.makedirs(path, exist_ok=True)
        image = Image.fromarray(picture.permute(1, 2, 0).numpy())
        image.save(os.path.join(path, f"{number:05d}.png"), compress_level=1)


def _list(folder: str, part: str) -> list[tuple[str, int]]:
    items, whole = [], os.path.join(folder, part)
    for name in sorted(os.listdir(whole)) if os.path.isdir(whole) else ():
        path = os.path.join(folder, part, name)
        items += [(os.path.join(path, file), int(name[:2])) for file in sorted(os.listdir(path))]
    return items
