"""Your own pictures: a folder per class (docs/custom.md)."""

import os

from yacs.config import CfgNode

from dassl.data.datasets import DATASET_REGISTRY
from rada.class_names import spoken
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import drawn_from, split_classes
from rada.data.pictures import Picture, list_folders, list_pictures
from rada.data.splits import PARTS, Splits
from rada.files import require_regular
from rada.settings import extend, template, text, whole

# what others call the parts
CALLED = {"train": "train", "training": "train", "test": "test", "testing": "test"}
CALLED |= dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "val")


@DATASET_REGISTRY.register()
class Custom(FewShotDataset):
    """FOLDER holds train, val (may be missing) and test with a folder per class in each, or the
    class folders themselves, which are then split 50/20/30. Labels are in the order of the sorted
    folders.
    """

    stem = "custom"
    listed = True

    node = {
        "FOLDER": text("", "folder of the pictures, absolute or below DATASET.ROOT"),
        "NAMES": text("", 'file in it with lines "folder class name"; empty: as the folders'),
        "TEMPLATE": template("a photo of a {}.", "sentence for class names"),
        "SEED": whole(1, "of the split, if FOLDER is not split already", least=0, most=2**32 - 1),
    }

    @classmethod
    def declared(cls) -> dict[str, dict]:
        """What it adds to the config."""
        return {"DATASET": {"CUSTOM": cls.node}}

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the node that describes the pictures."""
        extend(cfg, cls.declared())

    def __init__(self, cfg):
        """Raises ValueError if a setting is missing or wrong; otherwise as `FewShotDataset`."""
        self.settings = cfg.DATASET.CUSTOM
        if not self.settings.FOLDER:
            raise ValueError("DATASET.CUSTOM.FOLDER is empty; set it to the folder of your classes")
        self.dataset_dir, self.template = self.settings.FOLDER, self.settings.TEMPLATE
        super().__init__(cfg)

    def require(self, *paths: str) -> None:
        """Raise FileNotFoundError unless all paths exist."""
        for path in paths:
            if not os.path.exists(path):
                raise FileNotFoundError(
                    f"{path} not found; set DATASET.CUSTOM.FOLDER to the folder of your classes, "
                    "absolute or below DATA (--root)"
                )

    def read_splits(self) -> Splits:
        """See the class."""
        found = list_folders(self.dataset_dir)
        self._require_names_of_parts(found)
        given = [part for part in PARTS if part in found]
        if {"train", "test"} <= set(given):
            return self._read_parts(given, sorted(set(found) - set(given)))
        if given and set(found) == set(given):
            raise ValueError(
                f"{self.dataset_dir} has {' and '.join(given)} but needs train and test; add what "
                "lacks, or put the folders of all classes directly into it"
            )
        names = self._names(found)
        classes = {
            (names[folder], label): self._pictures(os.path.join(self.dataset_dir, folder))
            for label, folder in enumerate(found)
        }
        with drawn_from(self.settings.SEED):
            return split_classes(classes)

    def _require_names_of_parts(self, found: list[str]) -> None:
        """Raise ValueError for parts, folders with folders in them, that are called otherwise."""
        parts = {folder: CALLED.get(folder.lower()) for folder in found}
        several = len(set(parts.values()) - {None}) > 1
        for folder, part in parts.items():
            path = os.path.join(self.dataset_dir, folder)
            if several and part not in (None, folder) and list_folders(path):
                raise ValueError(
                    f"{path} looks like a part of the data; parts are called train, val (which may "
                    f'be missing) and test: rename "{folder}" to {part}'
                )

    def _read_parts(self, given: list[str], others: list[str]) -> Splits:
        if others:
            print(f"{self.dataset_dir}: not used: {', '.join(others)}")
        folders = list_folders(os.path.join(self.dataset_dir, "train"))
        names = self._names(folders)
        splits = {part: [] for part in PARTS}
        for part in given:
            for folder in list_folders(os.path.join(self.dataset_dir, part)):
                path = os.path.join(self.dataset_dir, part, folder)
                if folder not in folders:
                    raise ValueError(f"{path} is no class of train; add it there or remove it")
                label, name = folders.index(folder), names[folder]
                splits[part] += [Picture(file, label, name) for file in self._pictures(path)]
        return tuple(splits.values())

    def _pictures(self, folder: str) -> list[str]:
        pictures = list_pictures(folder)
        if not pictures:
            raise ValueError(f"{folder} has no pictures; add some or remove the folder")
        return pictures

    def _names(self, folders: list[str]) -> dict[str, str]:
        """Class name by folder."""
        if not folders:
            raise ValueError(f"{self.dataset_dir} has no folders; it needs one for each class")
        if not self.settings.NAMES:
            return {folder: spoken(folder) for folder in folders}
        path = os.path.join(self.dataset_dir, os.path.expanduser(self.settings.NAMES))
        names = _read_names(path, folders)
        lacking = [folder for folder in folders if not names.get(folder)]
        if lacking:
            raise ValueError(
                f'{path} has no name for "{lacking[0]}"; add a line "{lacking[0]} ..."'
            )
        return names


def _read_names(path: str, folders: list[str]) -> dict[str, str]:
    """Lines of a folder, a blank or tab, and a name; a folder may have blanks in it."""
    try:
        require_regular(path)
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError) as error:  # UnicodeDecodeError, too
        raise ValueError(
            f"{path} cannot be read ({error}); DATASET.CUSTOM.NAMES is a UTF-8 file in FOLDER"
        ) from error
    names = {}
    for line in lines:
        fitting = [folder for folder in folders if line.startswith((f"{folder} ", f"{folder}\t"))]
        if fitting:
            folder = max(fitting, key=len)
            names[folder] = line[len(folder) :].strip()
    return names
