"""Datasets with one folder of pictures per class."""

from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_folders
from rada.data.splits import Splits


class FolderPerClass(FewShotDataset):
    """Labels are in the order of the sorted folders.

    Attributes:
        ignored: folders that are no classes.
        names: class names of folders that are not called like their class.
    """

    ignored: tuple[str, ...] = ()
    names: dict[str, str] = {}

    def make_splits(self) -> Splits:
        """50% train, 20% validation, 30% test of each class."""
        return split_folders(self.image_dir, ignored=self.ignored, names=self.names)
