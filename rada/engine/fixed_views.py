"""Views of training pictures that do not change, so that features of them can be kept."""

import zlib
from collections.abc import Sequence
from typing import Any

from yacs.config import CfgNode

from dassl.data import DatasetWrapper
from rada.data.data_order import seeded
from rada.test_time.views import path_below


class FixedViews(DatasetWrapper):
    """Item i is view i % views of picture i // views.

    What is random in it is drawn from the view's number and the picture's path: it is the same in
    every run, whatever its seed.

    Args:
        cfg: of the run.
        items: the pictures.
        transform: as for Dassl's.
        views: of each picture.
        root: folder that pictures are named from.
    """

    def __init__(self, cfg: CfgNode, items: Sequence, transform: Any, views: int, root: str):
        super().__init__(cfg, items, transform=transform)
        self.views, self.root = views, root

    def __len__(self) -> int:
        return len(self.data_source) * self.views

    def __getitem__(self, place: int) -> dict:
        """As Dassl's item of the picture."""
        index, view = divmod(place, self.views)
        name = f"{view} {path_below(self.root, self.data_source[index].impath)}"
        with seeded(zlib.crc32(name.encode())):
            return super().__getitem__(index)
