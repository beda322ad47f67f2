"""What all datasets share: splits, few-shot picks, base and new classes, checks before training.

Split files, splits and few-shot picks are those CoOp makes (checked against its own numbers in
tests/datasets).
"""

import os

from dassl.data.datasets import DatasetBase, Datum
from rada.data.families import absent as absent_line
from rada.data.new_splits import OWN_SPLIT, own_split
from rada.data.picks import Picks
from rada.data.pictures import Picture, absent, require_readable
from rada.data.splits import Splits, read_split, require_labels, subsample_classes


class FewShotDataset(DatasetBase):
    """A benchmark dataset: a subclass declares where its pictures and its split are.

    Attributes:
        stem: name of its config in configs/datasets, and of its list of class names.
        dataset_dir: folder below cfg.DATASET.ROOT; absolute once constructed.
        image_dir: folder of the pictures below dataset_dir; split files count paths from here.
        split_file: CoOp's split_zhou_*.json below dataset_dir.
        needed: what else has to be below dataset_dir.
        template: the sentence CLIP's authors and CoOp use for it.
        listed: whether the pictures come from a look into their folders, so that all exist.
        test_only: whether there is nothing to train on; train_x is then test.
        border: pixels to cut off each side of its pictures.
    """

    stem = ""
    dataset_dir = ""
    image_dir = ""
    split_file = ""
    needed: tuple[str, ...] = ()
    template = "a photo of a {}."
    listed = False
    test_only = False
    border = 0

    def __init__(self, cfg):
        """Read the splits, draw cfg.DATASET.NUM_SHOTS per class, keep the asked half of classes.

        Raises:
            FileNotFoundError: if the dataset, or a picture of it, is not below cfg.DATASET.ROOT.
            ValueError: for broken files, wrong labels, classes with too few pictures, or a
                DATASET.SUBSAMPLE_CLASSES that is not all, base or new.
        """
        self.dataset_dir = _absolute(cfg.DATASET.ROOT or ".", self.dataset_dir)
        self.image_dir = os.path.join(self.dataset_dir, self.image_dir).rstrip(os.sep)
        self.require(self.image_dir, *(os.path.join(self.dataset_dir, n) for n in self.needed))
        train, val, test = self.read_splits()
        self._require_pictures(train, val, test)
        if cfg.DATASET.NUM_SHOTS >= 1 and not self.test_only:
            train, val = self._few_shots(cfg, train, val, test)
        classes = cfg.DATASET.SUBSAMPLE_CLASSES
        parts = subsample_classes(train, val, test, subsample=classes)
        if not parts[2]:
            raise ValueError(f"{self.dataset_dir} has no test pictures of the {classes} classes")
        if cfg.DATASET.get("CHECK_PICTURES", True):
            used = parts[2:] if cfg.DATASET.get("EVAL_ONLY", False) else parts
            for part in {id(part): part for part in used if part}.values():
                require_readable([item.impath for item in part], self.dataset_dir)
        items = {id(part): _items(part) for part in parts}  # some parts are the same list
        train, val, test = (items[id(part)] for part in parts)
        super().__init__(train_x=train, val=val or None, test=test)

    @classmethod
    def folder(cls, root: str) -> str:
        """The dataset's folder below a root, absolute."""
        return _absolute(root, cls.dataset_dir)

    @classmethod
    def missing(cls, root: str) -> list[str]:
        """Paths below root that a fully prepared dataset has and this one has not."""
        names = [cls.image_dir, *([cls.split_file] if cls.split_file else []), *cls.needed]
        paths = [os.path.join(cls.folder(root), name) for name in names]
        return [path for path in paths if not os.path.exists(path)]

    def read_splits(self) -> Splits:
        """All train, validation and test pictures: of the split file, or of a split made anew."""
        published, own = (
            os.path.join(self.dataset_dir, name) for name in (self.split_file, OWN_SPLIT)
        )
        if os.path.exists(published):
            return read_split(published, self.image_dir)
        print(
            f"The published split {published} is missing: results of another cannot be compared "
            f'with published ones ("python -m rada.prepare {self.stem}" fetches it)'
        )
        return own_split(own, self.image_dir, self.make_splits)

    def make_splits(self) -> Splits:
        """A split as CoOp makes it where the published one is missing."""
        raise NotImplementedError

    def require(self, *paths: str) -> None:
        """Raise FileNotFoundError, saying what to do, unless all paths exist."""
        for path in paths:
            if not os.path.exists(path):
                raise FileNotFoundError(absent_line(type(self).__name__, path, self.stem))

    def _few_shots(self, cfg, train: list, val: list, test: list) -> tuple[list, list]:
        drawn = [train] if val is test else [train, val]  # ImageNet: not drawn from test
        picks = Picks(drawn, cfg.DATASET.NUM_SHOTS, cfg.SEED, self.dataset_dir)
        if not cfg.DATASET.get("EVAL_ONLY", False):
            picks.require_enough()

        def draw(pictures: list[Picture], shots: int) -> list[Picture]:
            return self.generate_fewshot_dataset(pictures, num_shots=shots)

        train, *rest = picks.draw(draw)
        return train, rest[0] if rest else val

    def _require_pictures(self, train: list[Picture], val: list[Picture], test: list[Picture]):
        names = (self.split_file, OWN_SPLIT) if self.split_file else ()
        paths = [os.path.join(self.dataset_dir, name) for name in names]
        source = next(filter(os.path.exists, paths), self.dataset_dir)
        for name, part in (("training", train), ("test", test)):
            if not part:
                raise ValueError(f"{source} has no {name} pictures; unpack or fetch it again")
        require_labels((train, val, test), source)
        lacking = [] if self.listed else absent(i.impath for i in [*train, *val, *test])
        if lacking:
            total = len(train) + len(val) + len(test)
            raise FileNotFoundError(
                f"{len(lacking):,} of the {total:,} pictures of {source} are missing, first "
                f"{lacking[0]}; unpack them again, or correct the paths in it"
            )


def _absolute(root: str, folder: str) -> str:
    return os.path.abspath(os.path.join(os.path.expanduser(root), os.path.expanduser(folder)))


def _items(pictures: list[Picture]) -> list[Datum]:
    return [Datum(impath, label, classname=name) for impath, label, name in pictures]
