"""The six sets as datasets: classes, halves, sizes, folders."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dassl.config import get_cfg_default
from dassl.data.datasets import build_dataset
from rada.data.registry import register_all
from rada.world import classes, folders, handwriting

register_all()
SIZES = {"Blueprints": 24, "Fabrics": 18, "Tints": 24, "Herds": 24, "Heatmaps": 20, "Digits": 10}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def world_root(tmp_path_factory):
    """All sets are rendered here once."""
    return tmp_path_factory.mktemp("data")


def load(name, root, subsample="all", shots=-1, seed=1):
    cfg = get_cfg_default()
    cfg.set_new_allowed(True)
    cfg.DATASET.NAME, cfg.DATASET.ROOT, cfg.SEED = name, str(root), seed
    cfg.DATASET.NUM_SHOTS = shots
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = subsample, False
    return build_dataset(cfg)


@pytest.mark.parametrize("name", SIZES)
def test_sizes_and_pictures(name, world_root):
    dataset, classnames = load(name, world_root), SIZES[name]
    assert dataset.num_classes == classnames == len(set(dataset.classnames))
    test = 100 if name == "Digits" else 60
    for items, size in ((dataset.train_x, 48), (dataset.val, 8), (dataset.test, test)):
        labels = [item.label for item in items]
        assert labels == [label for label in range(classnames) for _ in range(size)]
    with Image.open(dataset.test[0].impath) as picture:
        assert picture.size == (32, 32) and picture.mode == "RGB"


@pytest.mark.parametrize("name", SIZES)
def test_halves_are_the_first_and_the_second_half_of_the_classes(name, world_root):
    everything = load(name, world_root).classnames
    base, new = (load(name, world_root, half, 16) for half in ("base", "new"))
    assert base.classnames + new.classnames == everything
    assert len(base.classnames) == len(new.classnames)
    assert len(base.train_x) == 16 * len(base.classnames)


def test_three_sets_differ_between_their_halves():
    warm = {"red", "orange", "yellow", "pink", "brown", "maroon"}
    colours = [colour for colour, _ in classes.TINTS]
    assert set(colours[:12]) == warm and not warm & set(colours[12:])
    counts = [count for count, _ in classes.HERDS]
    assert set(counts[:12]) == {2, 4} and set(counts[12:]) == {3, 5}
    assert classes.CLASSNAMES["heatmaps"][:10] == classes.LIVING


@pytest.mark.parametrize("names", [*classes.CLASSNAMES.values(), handwriting.CLASSNAMES])
def test_class_names_fit_behind_an_article(names):
    assert all(name == name.lower().strip() and name[:2] != "a " for name in names)


def test_seeds_draw_different_shots(world_root):
    first, second = (load("Tints", world_root, shots=16, seed=seed) for seed in (1, 2))
    drawn = [{item.impath for item in dataset.train_x} for dataset in (first, second)]
    assert len(drawn[0] & drawn[1]) < len(drawn[0]) / 2


def test_controls_have_the_same_classes_and_other_pictures(world_root):
    shifted, plain = (load(name, world_root) for name in ("Heatmaps", "HeatmapsPlain"))
    assert shifted.classnames == plain.classnames
    first, second = (Path(dataset.test[0].impath).read_bytes() for dataset in (shifted, plain))
    assert first != second


def test_stale_folder_is_built_anew(world_root, tmp_path):
    load("Digits", world_root)  # renders them unless another test has
    shutil.copytree(world_root / "world" / "digits", tmp_path / "world" / "digits")
    stamp = tmp_path / "world" / "digits" / "stamp.json"
    picture = Path(load("Digits", tmp_path).test[0].impath)
    good = picture.read_bytes()
    picture.write_bytes(b"kept while the stamp is right")
    load("Digits", tmp_path)
    assert picture.read_bytes() != good
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"code": "an older renderer"}))
    load("Digits", tmp_path)
    assert picture.read_bytes() == good


def test_failed_build_leaves_nothing(tmp_path):
    def fail():
        raise RuntimeError("no ink")

    folder = tmp_path / "world" / "x"
    with pytest.raises(RuntimeError, match="no ink"):
        folders.ensure_folder(str(folder), {}, ["a"], fail)
    assert not folder.exists()


WORKER = """
import sys, time, torch
from rada.world.folders import ensure_folder
def draw():
    print("drawn", flush=True)
    time.sleep(1)
    return {part: (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), torch.tensor([0, 1]))
            for part in ("train", "val", "test")}
parts = ensure_folder(sys.argv[1], {}, ["a", "b"], draw)
assert [label for _, label in parts["test"]] == [0, 1]
"""


@pytest.mark.parametrize("before", ["nothing", "a stale folder"])
def test_processes_that_start_together_build_once(before, tmp_path):
    folder = tmp_path / "world" / "x"
    if before == "a stale folder":
        (folder / "train" / "00_a").mkdir(parents=True)
        (folder / "stamp.json").write_text("{}")
    command = [sys.executable, "-c", WORKER, str(folder)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    output = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sum(text.count("drawn") for text in output) == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == ["x"]


def test_tuning_pictures_have_a_folder_of_their_own(world_root):
    class Tuning(type(load("Fabrics", world_root))):
        seed = 1000

    assert Tuning.dataset_dir == "world/fabrics_seed1000"
    assert Tuning.origin["seed"] == 1000
