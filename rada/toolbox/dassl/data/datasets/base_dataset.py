"""A picture with its label, and lists of them for training, validation and testing."""

import random
from collections import defaultdict
from operator import attrgetter

from dassl.utils import check_isfile


class MissingPictureError(AssertionError, FileNotFoundError):
    """A dataset names a picture that does not exist (Dassl raises AssertionError)."""


class Datum:
    """One picture; what it is given is also its (read-only) attributes.

    Args:
        impath: path of an existing file.
        label: class index.
        domain: domain index.
        classname: name of the class.

    Raises:
        MissingPictureError: if there is no such file.
    """

    def __init__(self, impath: str = "", label: int = 0, domain: int = 0, classname: str = ""):
        if not check_isfile(impath):
            raise MissingPictureError(
                f"picture {impath} not found; complete the dataset or remake its split"
            )
        self._impath, self._label, self._domain, self._classname = impath, label, domain, classname

    impath = property(attrgetter("_impath"))
    label = property(attrgetter("_label"))
    domain = property(attrgetter("_domain"))
    classname = property(attrgetter("_classname"))


Data = list[Datum]


class DatasetBase:
    """Lists of items: labelled and unlabelled training, validation, test. A subclass reads them.

    Attributes (besides the lists):
        dataset_dir: folder of the dataset below cfg.DATASET.ROOT.
        domains: names of the domains.
        num_classes: largest label of train_x plus one.
        lab2cname: class name by label.
        classnames: class names in order of labels.
    """

    dataset_dir = ""
    domains: list[str] = []

    def __init__(
        self,
        train_x: Data | None = None,
        train_u: Data | None = None,
        val: Data | None = None,
        test: Data | None = None,
    ):
        if not train_x:
            raise ValueError(f"{type(self).__name__} has no labelled training pictures")
        self._train_x, self._train_u, self._val, self._test = train_x, train_u, val, test
        self._num_classes = self.get_num_classes(train_x)
        self._lab2cname, self._classnames = self.get_lab2cname(train_x)

    train_x = property(attrgetter("_train_x"))
    train_u = property(attrgetter("_train_u"))
    val = property(attrgetter("_val"))
    test = property(attrgetter("_test"))
    num_classes = property(attrgetter("_num_classes"))
    lab2cname = property(attrgetter("_lab2cname"))
    classnames = property(attrgetter("_classnames"))

    @staticmethod
    def get_num_classes(data_source: Data) -> int:
        """Largest label plus one."""
        return max(item.label for item in data_source) + 1

    @staticmethod
    def get_lab2cname(data_source: Data) -> tuple[dict[int, str], list[str]]:
        """Class name by label, and the names in order of labels."""
        mapping = {item.label: item.classname for item in data_source}
        return mapping, [mapping[label] for label in sorted(mapping)]

    def check_input_domains(self, source_domains: list[str], target_domains: list[str]) -> None:
        """Raise ValueError unless there are source and target domains, all of them known."""
        for kind, names in (("source", source_domains), ("target", target_domains)):
            if not names:
                raise ValueError(
                    f"{kind}_domains (list) is empty; set DATASET.{kind.upper()}_DOMAINS"
                )
            self.is_input_domain_valid(names)

    def is_input_domain_valid(self, input_domains: list[str]) -> None:
        """Raise ValueError for an unknown domain."""
        for domain in input_domains:
            if domain not in self.domains:
                raise ValueError(f"Input domain must belong to {self.domains}, but got [{domain}]")

    def generate_fewshot_dataset(
        self, *data_sources: Data, num_shots: int = -1, repeat: bool = False
    ) -> Data | list[Data] | tuple[Data, ...]:
        """Draw items per class from each list, with python's `random`.

        Args:
            num_shots: items per class; below 1 all are kept.
            repeat: draw with repetition from a class that has fewer, else keep what it has.

        Returns:
            A list per list given; the list itself if it is only one.
        """
        if num_shots < 1:
            return data_sources[0] if len(data_sources) == 1 else data_sources
        print(f"Creating a {num_shots}-shot dataset")
        output = []
        for data_source in data_sources:
            picked = []
            for items in self.split_dataset_by_label(data_source).values():
                if len(items) >= num_shots:
                    items = random.sample(items, num_shots)
                elif repeat:
                    items = random.choices(items, k=num_shots)
                picked += items
            output.append(picked)
        return output[0] if len(output) == 1 else output

    def split_dataset_by_label(self, data_source: Data) -> dict[int, Data]:
        """Items by label, labels in order of first appearance."""
        return _grouped(data_source, "label")

    def split_dataset_by_domain(self, data_source: Data) -> dict[int, Data]:
        """Items by domain, domains in order of first appearance."""
        return _grouped(data_source, "domain")


def _grouped(data_source: Data, attribute: str) -> dict[int, Data]:
    groups = defaultdict(list)
    for item in data_source:
        groups[getattr(item, attribute)].append(item)
    return groups
