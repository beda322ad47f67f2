"""ImageNet's classes under other conditions, for testing only.

V2, Sketch, A and R as in CoOp; ObjectNet with the 113 classes that it shares with ImageNet.
"""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.class_lists import read_classnames, read_objectnet
from rada.data.few_shot import FewShotDataset
from rada.data.imagenet_folders import read_folders, read_names, remedy
from rada.data.pictures import Picture
from rada.data.splits import Splits


class ImageNetShift(FewShotDataset):
    """A subclass says which classes it has and how their folders are called."""

    listed = True
    shared_names = True  # as ImageNet
    test_only = True

    def read_splits(self) -> Splits:
        """Training pictures are the test pictures: class names come from there, as in CoOp."""
        pictures = self.read_pictures(read_names(self.dataset_dir))
        return pictures, [], pictures

    def read_pictures(self, names: dict[str, str]) -> list[Picture]:
        """All pictures, given ImageNet's class names by WordNet id."""
        return read_folders(self.image_dir, names, remedy(self.dataset_dir))


@DATASET_REGISTRY.register()
class ImageNetV2(ImageNetShift):
    """A new test set (Recht et al., 2019), the matched-frequency one; folders are label numbers."""

    stem = "imagenetv2"
    dataset_dir = "imagenetv2"
    image_dir = "imagenetv2-matched-frequency-format-val"

    def read_pictures(self, names: dict[str, str]) -> list[Picture]:
        """Folder "10" is label 10, though "10" sorts before "2"."""
        folders = {str(label): name for label, name in enumerate(names.values())}
        return read_folders(self.image_dir, folders)


@DATASET_REGISTRY.register()
class ImageNetSketch(ImageNetShift):
    """Sketches of all 1,000 classes (Wang et al., 2019)."""

    stem = "imagenet_sketch"
    dataset_dir = "imagenet-sketch"
    image_dir = "images"


class ImageNetSubset(ImageNetShift):
    """200 of the classes; labels are 0 to 199 in the order of the sorted folders."""

    def read_pictures(self, names: dict[str, str]) -> list[Picture]:
        """See `ImageNetShift`."""
        wnids = [wnid for wnid in read_classnames(self.stem) if wnid in names]
        subset = {wnid: names[wnid] for wnid in wnids}
        return read_folders(self.image_dir, subset, remedy(self.dataset_dir))


@DATASET_REGISTRY.register()
class ImageNetA(ImageNetSubset):
    """Adversarially chosen photos (Hendrycks et al., 2021)."""

    stem = "imagenet_a"
    dataset_dir = "imagenet-adversarial"
    image_dir = "imagenet-a"


@DATASET_REGISTRY.register()
class ImageNetR(ImageNetSubset):
    """Renditions: art, toys, video games (Hendrycks et al., 2021)."""

    stem = "imagenet_r"
    dataset_dir = "imagenet-rendition"
    image_dir = "imagenet-r"


@DATASET_REGISTRY.register()
class ObjectNet(ImageNetShift):
    """Objects in unusual places (Barbu et al., 2019): its 113 classes that ImageNet has as well.

    Names are ObjectNet's; labels are in the order of the sorted folders. Each picture has a red
    border, which is cut off.

    Attributes:
        trained_names: ImageNet's names of each class, by ObjectNet's name.
    """

    stem = "objectnet"
    dataset_dir = "objectnet-1.0"
    image_dir = "images"
    border = 2  # as in WiSE-FT

    def read_pictures(self, names: dict[str, str]) -> list[Picture]:
        """Folders of other classes are not read."""
        known = {
            folder: (name, [names[wnid] for wnid in wnids if wnid in names])
            for folder, (name, wnids) in read_objectnet().items()
        }
        shared = {folder: name for folder, (name, theirs) in known.items() if theirs}
        self.trained_names = {name: theirs for name, theirs in known.values() if theirs}
        return read_folders(self.image_dir, shared, remedy(self.dataset_dir), others=True)
