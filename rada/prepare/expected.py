"""How many pictures and classes each dataset has once it is complete."""

from typing import NamedTuple


class Counts(NamedTuple):
    """Pictures for training, validation and testing, and classes; 0 where there is no such part."""

    train: int
    val: int
    test: int
    classes: int


# The sums of CoOp's published split files and of the official lists. ImageNet's validation set is
# its test set; of ObjectNet the classes that ImageNet has as well.
EXPECTED = {
    "imagenet": Counts(1_281_167, 0, 50_000, 1000),
    "caltech101": Counts(4128, 1649, 2465, 100),
    "oxford_pets": Counts(2944, 736, 3669, 37),
    "stanford_cars": Counts(6509, 1635, 8041, 196),
    "oxford_flowers": Counts(4093, 1633, 2463, 102),
    "food101": Counts(50_500, 20_200, 30_300, 101),
    "fgvc_aircraft": Counts(3334, 3333, 3333, 100),
    "sun397": Counts(15_880, 3970, 19_850, 397),
    "dtd": Counts(2820, 1128, 1692, 47),
    "eurosat": Counts(13_500, 5400, 8100, 10),
    "ucf101": Counts(7639, 1898, 3783, 101),
    "imagenetv2": Counts(0, 0, 10_000, 1000),
    "imagenet_sketch": Counts(0, 0, 50_889, 1000),
    "imagenet_a": Counts(0, 0, 7500, 200),
    "imagenet_r": Counts(0, 0, 30_000, 200),
    "objectnet": Counts(0, 0, 18_574, 113),
}
