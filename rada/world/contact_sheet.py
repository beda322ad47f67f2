"""Draw docs/world.png: the pre-training world and every set: python -m rada.world.contact_sheet"""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from rada.world import handwriting, things
from rada.world.corpus import draw_corpus
from rada.world.sets import FINAL_SEED, PARTS, SETS, draw_part

COLUMNS = 16
PATH = Path(__file__).resolve().parents[2] / "docs" / "world.png"


def rows() -> list[Tensor]:
    """Rows of pictures, (COLUMNS, 3, 32, 32): three of the corpus, two of each set,
    one of things and of each of its shifts.
    """
    corpus = draw_corpus(1, seed=123).pictures
    chosen = torch.randperm(len(corpus), generator=torch.Generator().manual_seed(0))
    sheet = [*corpus[chosen[: 3 * COLUMNS]].split(COLUMNS)]
    for name in SETS:
        sheet += _spread(draw_part(name, "val")[0], PARTS["val"])
    sheet += _spread(handwriting.draw_parts(FINAL_SEED)["val"][0], handwriting.PARTS["val"])
    for name in things.STYLES:
        sheet += _spread(things.draw_part(name, "val")[0], things.PARTS["val"])[:1]
    return sheet


def _spread(pictures: Tensor, per_class: int) -> list[Tensor]:
    """Two pictures each of COLUMNS classes, evenly chosen, one above the other."""
    count = len(pictures) // per_class
    classes = torch.arange(COLUMNS) * count // COLUMNS
    return [pictures[classes * per_class + k] for k in (0, 1)]


def main() -> None:
    """Write the sheet, twice enlarged, in 160 colours to keep it small."""
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows()], 1)  # (3, H, W)
    image = Image.fromarray(sheet.permute(1, 2, 0).contiguous().numpy()).quantize(160)
    image = image.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)
    PATH.parent.mkdir(exist_ok=True)
    image.save(PATH, optimize=True)
    print(f"{PATH}: {PATH.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
