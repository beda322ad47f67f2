"""Batches of features in an order, and of views, that only seed and epoch decide."""

import torch

from rada.data.data_order import place_seed
from rada.features.batches import FeatureBatches


class SeededFeatures(FeatureBatches):
    """Batches of features of training items (epoch, index), with the `draw` of `SeededPictures`.

    The view that is seen of a picture is drawn from the seed and these two as well.

    Args:
        seed: of the run, 0 or more.
        args, kwargs: as for `FeatureBatches`.
    """

    def __init__(self, seed: int, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seed = seed

    def __getitems__(self, places: list[tuple[int, int]]) -> dict:
        """The batch of these items."""
        draws, views, generator = [], [], torch.Generator()
        for epoch, index in places:
            generator.manual_seed(place_seed(self.seed, epoch, index))
            draws.append(int(torch.randint(2**31, (), generator=generator)))
            views.append(int(torch.randint(self.views, (), generator=generator)))
        batch = self.batch([index for _, index in places], views)
        return {**batch, "draw": torch.tensor(draws)}
