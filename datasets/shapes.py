"""The embedded world's five procedural sets (docs/world.md), rendered on first use.

Each has a control without domain shift, registered under the same name with "Plain" behind it.
"""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.few_shot import FewShotDataset
from rada.data.pictures import Picture
from rada.data.splits import Splits
from rada.world.classes import CLASSNAMES
from rada.world.folders import Part, ensure_folder
from rada.world.sets import FINAL_SEED, PARTS, draw_part


class RenderedDataset(FewShotDataset):
    """A few-shot dataset that makes its own picture folder.

    Attributes:
        all_classnames: of base and new classes, in label order.
        origin: what decides the pictures; a folder made from anything else is made anew.
    """

    all_classnames: list[str] = []
    origin: dict = {}

    def draw(self) -> dict[str, Part]:
        """Pictures (N, 3, 32, 32) uint8 and labels (N,) of "train", "val" and "test"."""
        raise NotImplementedError

    def require(self, *paths: str) -> None:
        """Nothing has to be there."""

    def read_splits(self) -> Splits:
        """All pictures, in label order."""
        parts = ensure_folder(self.dataset_dir, self.origin, self.all_classnames, self.draw)
        return tuple(
            [Picture(path, label, self.all_classnames[label]) for path, label in items]
            for items in parts.values()
        )


class WorldDataset(RenderedDataset):
    """A set of `rada.world.sets`: 48 training, 8 validation and 60 test pictures a class.

    Attributes:
        key: name of the set.
        strength: of the domain shift; 1 is the benchmark, 0 the control.
        seed: of the pictures; other seeds give other pictures of the same kind, for tuning.
    """

    key = ""
    strength = 1.0
    seed = FINAL_SEED

    def __init_subclass__(cls):
        """Fill in what follows from key, strength and seed."""
        plain = "" if cls.strength else "_plain"
        own_seed = "" if cls.seed == FINAL_SEED else f"_seed{cls.seed}"
        cls.stem = f"{cls.key}{plain}"
        cls.dataset_dir = f"world/{cls.key}{plain}{own_seed}"
        cls.all_classnames = CLASSNAMES[cls.key]
        cls.origin = {"set": cls.key, "strength": cls.strength, "seed": cls.seed, "parts": PARTS}

    def draw(self) -> dict[str, Part]:
        """See `RenderedDataset`."""
        return {part: draw_part(self.key, part, self.strength, self.seed) for part in PARTS}


@DATASET_REGISTRY.register()
class Blueprints(WorldDataset):
    """24 things as white lines on blue grid paper."""

    key = "blueprints"


@DATASET_REGISTRY.register()
class Fabrics(WorldDataset):
    """18 textures, sepia, flat and close."""

    key = "fabrics"


@DATASET_REGISTRY.register()
class Tints(WorldDataset):
    """12 colours of 2 shapes under amber light; base: warm colours, new: cool ones."""

    key = "tints"


@DATASET_REGISTRY.register()
class Herds(WorldDataset):
    """Herds of 6 kinds on a meadow; base: two and four of them, new: three and five."""

    key = "herds"


@DATASET_REGISTRY.register()
class Heatmaps(WorldDataset):
    """20 things in false colours; base: living and hot, new: lifeless and cold."""

    key = "heatmaps"


@DATASET_REGISTRY.register()
class BlueprintsPlain(Blueprints):
    """Blueprints without shift."""

    strength = 0.0


@DATASET_REGISTRY.register()
class FabricsPlain(Fabrics):
    """Fabrics without shift."""

    strength = 0.0


@DATASET_REGISTRY.register()
class TintsPlain(Tints):
    """Tints without shift."""

    strength = 0.0


@DATASET_REGISTRY.register()
class HerdsPlain(Herds):
    """Herds without shift."""

    strength = 0.0


@DATASET_REGISTRY.register()
class HeatmapsPlain(Heatmaps):
    """Heatmaps without shift."""

    strength = 0.0
