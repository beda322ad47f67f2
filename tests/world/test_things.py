"""Things and their shifts: drawn once and for all, same classes, tests only."""

import json

import pytest
import torch

from dassl.config import get_cfg_default
from dassl.data.datasets import build_dataset
from rada.data.data import require_training_pictures
from rada.data.families import WORLD_SHIFTS, WORLD_SOURCE, family, is_embedded, shifts_of
from rada.data.registry import register_all
from rada.world.measure import EXPECTED, load, measure_things
from rada.world.things import CLASSNAMES, PARTS, STYLES, draw_part

register_all()
NAMES = ("Things", "ThingsV2", "ThingsR", "ThingsA", "ThingsSketch", "ThingsObjects")
TOLERANCE = 3.0  # points; other processors round differently


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Things and its shifts, built."""
    cfg = get_cfg_default()
    cfg.set_new_allowed(True)
    cfg.DATASET.ROOT = str(tmp_path_factory.mktemp("data"))
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = "all", False

    def build(name):
        cfg.DATASET.NAME = name
        return build_dataset(cfg)

    return {name: build(name) for name in NAMES}


def test_a_shift_has_the_classes_of_things_and_is_for_tests(sets):
    source = sets["Things"]
    assert source.classnames == CLASSNAMES
    for name, size in (("train_x", 160), ("val", 16), ("test", 60)):
        assert [item.label for item in getattr(source, name)] == [
            label for label in range(24) for _ in range(size)
        ]
    for name in NAMES[1:]:
        assert sets[name].classnames == source.classnames and len(sets[name].test) == 24 * 60
        with pytest.raises(ValueError, match="is for testing only"):
            require_training_pictures(sets[name])


@pytest.mark.parametrize("name", STYLES)
def test_one_seed_one_picture(name):
    first, labels = draw_part(name, "val", seed=5)
    assert first.shape == (24 * PARTS["val"], 3, 32, 32) and len(labels) == len(first)
    assert torch.equal(first, draw_part(name, "val", seed=5)[0])
    for other in (draw_part(name, "val", seed=6)[0], draw_part(name, "val", 0.0, 5)[0]):
        assert (first.float() - other.float()).abs().mean(dim=(1, 2, 3)).min() > 1


def test_parts_and_shifts_share_no_picture():
    parts = [draw_part("things", part)[0] for part in PARTS]
    parts += [draw_part(name, "test")[0] for name in STYLES if name != "things"]
    pictures = torch.cat(parts).flatten(1)
    assert len(pictures.unique(dim=0)) == len(pictures)


def test_accuracies_are_as_recorded():
    expected, found = json.loads(EXPECTED.read_text())["things"], measure_things(load())
    assert expected.keys() == found.keys() == set(STYLES)
    for name, row in expected.items():
        for key, value in row.items():
            assert abs(found[name][key] - value) <= TOLERANCE, (name, key)


def test_names_know_them():
    assert shifts_of(WORLD_SOURCE) == WORLD_SHIFTS == tuple(STYLES)[1:]
    assert shifts_of("imagenet") and not shifts_of("tints")
    assert all(map(is_embedded, (WORLD_SOURCE, *WORLD_SHIFTS)))
    assert family("things") == "things" and family("things_a") == "shifts of things"
