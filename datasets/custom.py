"""Your own pictures: a folder per class (docs/custom.md)."""

import os

from PIL import Image
from yacs.config import CfgNode

from dassl.data.datasets import DATASET_REGISTRY
from dassl.utils import listdir_nohidden
from datasets.annotations import read_rows
from datasets.few_shot import FewShotDataset
from datasets.new_splits import drawn_from, split_classes
from datasets.pictures import Picture
from datasets.splits import PARTS, Splits


@DATASET_REGISTRY.register()
class Custom(FewShotDataset):
    """FOLDER holds train, val (may be missing) and test with a folder per class in each, or the
    class folders themselves, which are then split 50/20/30. Labels are in the order of the sorted
    folders.
    """

    stem = "custom"

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the node that describes the pictures."""
        cfg.DATASET.CUSTOM = CfgNode(
            {
                "FOLDER": "",  # below DATASET.ROOT, or absolute
                "NAMES": "",  # file in FOLDER with lines "folder class name"; empty: as the folders
                "TEMPLATE": "a photo of a {}.",
                "SEED": 1,  # of the split, if FOLDER is not split already
            }
        )

    def __init__(self, cfg):
        """Raises ValueError if a setting is missing; otherwise as `FewShotDataset`."""
        self.settings = cfg.DATASET.CUSTOM
        if not self.settings.FOLDER:
            raise ValueError("DATASET.CUSTOM.FOLDER is empty; set it to the folder of your classes")
        self.dataset_dir = os.path.expanduser(self.settings.FOLDER)
        self.template = self.settings.TEMPLATE
        super().__init__(cfg)

    def read_splits(self) -> Splits:
        """See the class."""
        found = set(listdir_nohidden(self.dataset_dir))
        if {"train", "test"} <= found:
            return self._read_parts([part for part in PARTS if part in found])
        folders = self._folders(self.dataset_dir)
        names = self._names(folders)
        classes = {
            (names[folder], label): self._files(os.path.join(self.dataset_dir, folder))
            for label, folder in enumerate(folders)
        }
        with drawn_from(self.settings.SEED):
            return split_classes(classes)

    def _read_parts(self, parts: list[str]) -> Splits:
        folders = self._folders(os.path.join(self.dataset_dir, "train"))
        names = self._names(folders)
        splits = {part: [] for part in PARTS}
        for part in parts:
            base = os.path.join(self.dataset_dir, part)
            for folder in self._folders(base):
                if folder not in names:
                    raise ValueError(f"{os.path.join(base, folder)} is no class of train")
                files = self._files(os.path.join(base, folder))
                label, name = folders.index(folder), names[folder]
                splits[part] += [Picture(path, label, name) for path in files]
        return tuple(splits.values())

    def _folders(self, base: str) -> list[str]:
        folders = [name for name in listdir_nohidden(base) if os.path.isdir(f"{base}/{name}")]
        if not folders:
            raise ValueError(f"{base} has no folders; it needs one for each class")
        return sorted(folders)

    def _names(self, folders: list[str]) -> dict[str, str]:
        """Class name by folder."""
        if not self.settings.NAMES:
            return {folder: folder.replace("_", " ") for folder in folders}
        path = os.path.join(self.dataset_dir, os.path.expanduser(self.settings.NAMES))
        names = dict(read_rows(path, 2))
        lacking = [folder for folder in folders if folder not in names]
        if lacking:
            raise ValueError(f'{path} has no name for "{lacking[0]}"; add "{lacking[0]} its name"')
        return names

    def _files(self, folder: str) -> list[str]:
        endings = Image.registered_extensions()
        names = listdir_nohidden(folder, sort=True)
        pictures = [name for name in names if os.path.splitext(name)[1].lower() in endings]
        if not pictures:
            raise ValueError(f"{folder} has no pictures; add some or remove the folder")
        others = sorted(set(names) - set(pictures))
        if others:
            print(f"{folder}: {len(others)} files are no pictures, such as {others[0]}")
        return [os.path.join(folder, name) for name in pictures]
