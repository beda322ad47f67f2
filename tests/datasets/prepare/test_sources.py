"""The table: every dataset has sources or steps, and expected counts."""

import re

import pytest

from rada.data.class_lists import IMAGENET_NAMES, read_classnames, read_wnids
from rada.data.registry import dataset_class
from rada.prepare.expected import EXPECTED
from rada.prepare.source import Archive
from rada.prepare.sources import SOURCES
from rada.prepare.tables import instructions, overview

TEN = (
    *("caltech101", "oxford_pets", "stanford_cars", "oxford_flowers", "food101"),
    *("fgvc_aircraft", "sun397", "dtd", "eurosat", "ucf101"),
)
SHIFTS = ("imagenetv2", "imagenet_sketch", "imagenet_a", "imagenet_r", "objectnet")
SIXTEEN = ("imagenet", *TEN, *SHIFTS)


def test_all_sixteen_are_there():
    assert tuple(SOURCES) == SIXTEEN
    assert tuple(EXPECTED) == SIXTEEN


@pytest.mark.parametrize("stem", SIXTEEN)
def test_what_the_reader_needs_is_fetched_or_described(stem):
    cls, source = dataset_class(stem), SOURCES[stem]
    targets = {target for file in source.files for target in file.targets}
    fetched = {target for file in source.files if file.urls for target in file.targets}
    needed = {name for name in (cls.image_dir, cls.split_file, *cls.needed) if name}
    if stem == "imagenet":
        needed.remove("images")  # holds the other two
    if not source.by_hand:
        assert needed <= fetched
        assert not source.steps
    elif stem != "objectnet":  # its archive wants a password
        assert needed <= targets
        assert cls.split_file in fetched | {""}
    assert bool(source.by_hand) == bool(source.steps)


@pytest.mark.parametrize("stem", SIXTEEN)
def test_counts_fit_the_class_list_and_the_reader(stem):
    counts = EXPECTED[stem]
    names = read_wnids(stem) if stem in IMAGENET_NAMES else read_classnames(stem)
    assert counts.classes == len(names)
    assert (counts.train == 0) == dataset_class(stem).test_only
    assert counts.test >= counts.classes


@pytest.mark.parametrize("stem", SIXTEEN)
def test_files_are_well_formed(stem):
    for file in SOURCES[stem].files:
        assert re.fullmatch("([0-9a-f]{32})?", file.md5)
        assert all(re.match("https?://[a-z]", url) for url in (*file.urls, file.page) if url)
        assert "/" not in file.name
        assert not isinstance(file, Archive) or file.contents


@pytest.mark.parametrize("stem", [stem for stem in SIXTEEN if SOURCES[stem].by_hand])
def test_steps_are_numbered_and_name_the_folder(stem, tmp_path):
    text = instructions(stem, tmp_path / "here")
    assert "  1. " in text and "  2. " in text
    assert str(tmp_path / "here") in text and "{" not in text
    for name in (dataset_class(stem).image_dir, *dataset_class(stem).needed):
        assert str(tmp_path / "here" / name) in text


def test_the_overview_has_a_line_for_each():
    lines = overview(SOURCES).splitlines()[2:]
    assert tuple(line.split()[0] for line in lines) == SIXTEEN
    assert re.search(r"dtd +dtd +2,820 +1,128 +1,692 +47 +0.6 +download$", overview(SOURCES), re.M)
