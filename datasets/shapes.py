"""The embedded world's five procedural sets (docs/world.md), rendered on first use.

Each has a control without domain shift, registered under the same name with "Plain" behind it.
"""

from dassl.data.datasets import DATASET_REGISTRY, Datum
from datasets.few_shot import FewShotDataset, Splits
from world.folders import ensure_folder
from world.sets import FINAL_SEED, PARTS, SETS, draw_part


class WorldDataset(FewShotDataset):
    """A set of `world.sets` as a few-shot dataset.

    Attributes:
        key: name of the set in `world.sets.SETS`.
        strength: of the domain shift; 1 is the benchmark, 0 the control.
    """

    key = ""
    strength = 1.0

    def read_splits(self) -> Splits:
        """48 training, 8 validation and 60 test pictures a class."""
        classnames = SETS[self.key].classnames
        parts = ensure_folder(
            self.dataset_dir,
            {"set": self.key, "strength": self.strength, "seed": FINAL_SEED, "parts": PARTS},
            classnames,
            lambda: {part: draw_part(self.key, part, self.strength) for part in PARTS},
        )
        return tuple(
            [Datum(path, label, classname=classnames[label]) for path, label in items]
            for items in parts.values()
        )


@DATASET_REGISTRY.register()
class Blueprints(WorldDataset):
    """24 things as white lines on blue grid paper."""

    key, dataset_dir = "blueprints", "world/blueprints"


@DATASET_REGISTRY.register()
class Fabrics(WorldDataset):
    """18 textures, sepia, flat and close."""

    key, dataset_dir = "fabrics", "world/fabrics"


@DATASET_REGISTRY.register()
class Tints(WorldDataset):
    """12 colours of 2 shapes under amber light; base: warm colours, new: cool ones."""

    key, dataset_dir = "tints", "world/tints"


@DATASET_REGISTRY.register()
class Herds(WorldDataset):
    """Herds of 6 living things on a meadow; base: two and four, new: three and five."""

    key, dataset_dir = "herds", "world/herds"


@DATASET_REGISTRY.register()
class Heatmaps(WorldDataset):
    """20 things in false colours; base: living and hot, new: lifeless and cold."""

    key, dataset_dir = "heatmaps", "world/heatmaps"


@DATASET_REGISTRY.register()
class BlueprintsPlain(Blueprints):
    """Control without shift."""

    strength, dataset_dir = 0.0, "world/blueprints_plain"


@DATASET_REGISTRY.register()
class FabricsPlain(Fabrics):
    """Control without shift."""

    strength, dataset_dir = 0.0, "world/fabrics_plain"


@DATASET_REGISTRY.register()
class TintsPlain(Tints):
    """Control without shift."""

    strength, dataset_dir = 0.0, "world/tints_plain"


@DATASET_REGISTRY.register()
class HerdsPlain(Herds):
    """Control without shift."""

    strength, dataset_dir = 0.0, "world/herds_plain"


@DATASET_REGISTRY.register()
class HeatmapsPlain(Heatmaps):
    """Control without shift."""

    strength, dataset_dir = 0.0, "world/heatmaps_plain"
