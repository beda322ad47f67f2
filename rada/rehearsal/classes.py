"""The classes of a stand-in dataset: their names, and what the dataset's own files call them."""

import itertools
import random
from typing import NamedTuple

from rada.data.class_lists import IMAGENET_NAMES, read_classnames, read_objectnet, read_wnids
from rada.data.registry import dataset_class

CATS = {  # Oxford Pets writes cats with capitals and dogs without
    *("abyssinian", "bengal", "birman", "bombay", "british_shorthair", "egyptian_mau"),
    *("maine_coon", "persian", "ragdoll", "russian_blue", "siamese", "sphynx"),
}


class Class(NamedTuple):
    """A class: its name in this project and in CoOp, and in the dataset's own files."""

    name: str
    own: str


def classes(stem: str, most: int | None = None) -> tuple[list[Class], int]:
    """The classes of a dataset in label order, thinned to at most `most`.

    ImageNet and its shifts are thinned together: a shift has those of its classes that the thinned
    ImageNet has.

    Returns:
        (classes, how many the real dataset has).
    """
    if stem in (*IMAGENET_NAMES, "imagenet_a", "imagenet_r", "objectnet"):
        return _imagenet_classes(stem, most)
    names = read_classnames(stem)
    kept = names if most is None else spread(names, most)
    return [Class(name, own_name(stem, name)) for name in kept], len(names)


def spread(items: list, count: int) -> list:
    """At most `count` of the items, from all over the list, in its order; the first is kept."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def own_name(stem: str, name: str) -> str:
    """What the files of a dataset call a class."""
    if stem == "oxford_pets":
        return name.title() if name in CATS else name
    if stem == "stanford_cars":  # 2012 Audi TTS Coupe -> Audi TTS Coupe 2012
        year, _, car = name.partition(" ")
        return f"{car} {year}"
    if stem == "sun397":  # outdoor apartment_building -> a/apartment_building/outdoor
        *_, place = words = name.split(" ")
        return "/".join([place[0], *reversed(words)])
    own = {name: folder for folder, name in getattr(dataset_class(stem), "names", {}).items()}
    return own.get(name, name)


def imagenet_wnids(most: int | None = None) -> dict[str, str]:
    """ImageNet's class names by WordNet id, thinned: A, R, ObjectNet and the rest keep about as
    many each.
    """
    names = read_wnids("imagenet")
    if most is None or most >= len(names):
        return names
    objectnet = {wnid for _, wnids in read_objectnet().values() for wnid in wnids}
    groups = [set(read_wnids("imagenet_a")), set(read_wnids("imagenet_r")), objectnet]
    groups = [sorted(group) for group in (*groups, names.keys() - set().union(*groups))]
    for group in groups:
        random.Random(0).shuffle(group)
    in_turn = [wnid for turn in itertools.zip_longest(*groups) for wnid in turn if wnid]
    kept = set(list(dict.fromkeys(in_turn))[:most])
    return {wnid: name for wnid, name in names.items() if wnid in kept}


def _imagenet_classes(stem: str, most: int | None) -> tuple[list[Class], int]:
    names = imagenet_wnids(most)
    if stem == "objectnet":
        folders = read_objectnet()
        kept = [
            Class(name, folder)
            for folder, (name, wnids) in folders.items()
            if names.keys() & set(wnids)
        ]
        return kept, len(folders)
    own = read_wnids(stem)
    kept = [Class(name, wnid) for wnid, name in own.items() if wnid in names]
    if stem == "imagenetv2":
        kept = [Class(kept_class.name, str(label)) for label, kept_class in enumerate(kept)]
    return kept, len(own)
