"""Things of the embedded world and their five shifts (rada/world/things.py), rendered once."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.splits import Splits
from rada.world.folders import Part
from rada.world.sets import FINAL_SEED
from rada.world.things import CLASSNAMES, PARTS, draw_part

from .shapes import RenderedDataset


@DATASET_REGISTRY.register()
class Things(RenderedDataset):
    """24 things at dusk behind a wet window: 160 training, 16 validation, 60 test pictures a class.

    Attributes:
        seed: of the pictures; other seeds give other pictures of the same kind, for tuning.
    """

    stem = "things"
    all_classnames = CLASSNAMES
    parts: tuple[str, ...] = tuple(PARTS)
    seed = FINAL_SEED

    def __init_subclass__(cls):
        """Fill in what follows from stem and seed."""
        cls.name_folder()

    @classmethod
    def name_folder(cls) -> None:
        """The folder, and what its pictures come from."""
        own_seed = "" if cls.seed == FINAL_SEED else f"_seed{cls.seed}"
        cls.dataset_dir = f"world/{cls.stem}{own_seed}"
        sizes = {part: PARTS[part] for part in cls.parts}
        cls.origin = {"set": cls.stem, "seed": cls.seed, "parts": sizes}

    def draw(self) -> dict[str, Part]:
        """See `RenderedDataset`."""
        return {part: draw_part(self.stem, part, seed=self.seed) for part in self.parts}


Things.name_folder()


class ThingsShift(Things):
    """The same classes in another style, for testing only; 60 pictures a class."""

    parts = ("test",)
    test_only = True

    def read_splits(self) -> Splits:
        """Training pictures are the test pictures, as for ImageNet's shifts."""
        *_, test = super().read_splits()
        return test, [], test


@DATASET_REGISTRY.register()
class ThingsV2(ThingsShift):
    """The window an hour later."""

    stem = "things_v2"


@DATASET_REGISTRY.register()
class ThingsR(ThingsShift):
    """Prints in false colours."""

    stem = "things_r"


@DATASET_REGISTRY.register()
class ThingsA(ThingsShift):
    """Seen askew."""

    stem = "things_a"


@DATASET_REGISTRY.register()
class ThingsSketch(ThingsShift):
    """Hasty drawings."""

    stem = "things_sketch"


@DATASET_REGISTRY.register()
class ThingsObjects(ThingsShift):
    """Small, anywhere, on patterned grounds."""

    stem = "things_objects"
