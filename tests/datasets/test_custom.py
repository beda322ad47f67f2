"""Your own pictures: split by folders or by chance, named by folders or by a file."""

import pytest

from dassl.config import get_cfg_default
from datasets.custom import Custom


def make(root, *folders, count=10, ending="jpg"):
    for folder in folders:
        (root / "birds" / folder).mkdir(parents=True)
        for i in range(count):
            (root / "birds" / folder / f"{i}.{ending}").touch()


def custom(root, shots=-1, classes="all", **settings):
    cfg = get_cfg_default()
    Custom.extend_cfg(cfg)
    cfg.DATASET.ROOT, cfg.DATASET.NUM_SHOTS, cfg.SEED = str(root), shots, 1
    cfg.DATASET.SUBSAMPLE_CLASSES, cfg.DATASET.CHECK_PICTURES = classes, False
    for key, value in {"FOLDER": "birds", **settings}.items():
        cfg.DATASET.CUSTOM[key] = value
    return Custom(cfg)


def files(items):
    return [item.impath.split("birds/")[1] for item in items]


def test_class_folders_are_split_with_a_seed(tmp_path):
    make(tmp_path, "great_tit", "blackbird")
    dataset = custom(tmp_path, TEMPLATE="a {} in a garden.")
    assert dataset.classnames == ["blackbird", "great tit"]
    assert (len(dataset.train_x), len(dataset.val), len(dataset.test)) == (10, 4, 6)
    assert dataset.template == "a {} in a garden."
    assert files(custom(tmp_path).train_x) == files(dataset.train_x)
    assert files(custom(tmp_path, SEED=2).train_x) != files(dataset.train_x)
    parts = [set(files(part)) for part in (dataset.train_x, dataset.val, dataset.test)]
    assert len(set.union(*parts)) == 20


def test_given_parts_are_kept(tmp_path):
    make(tmp_path, "train/b", "train/a", "test/a", "test/b")
    dataset = custom(tmp_path, shots=3)
    assert (len(dataset.train_x), dataset.val, len(dataset.test)) == (6, None, 20)
    assert {item.classname: item.label for item in dataset.test} == {"a": 0, "b": 1}
    assert {path.split("/")[0] for path in files(dataset.train_x)} == {"train"}
    assert custom(tmp_path, classes="new").classnames == ["b"]


def test_validation_part_may_be_given(tmp_path):
    make(tmp_path, "train/a", "val/a", "test/a")
    assert len(custom(tmp_path).val) == 10


def test_names_file(tmp_path):
    make(tmp_path, "01", "02")
    (tmp_path / "birds" / "names.txt").write_text("01 great tit\n02 blackbird\n")
    assert custom(tmp_path, NAMES="names.txt").classnames == ["great tit", "blackbird"]
    (tmp_path / "birds" / "names.txt").write_text("01 great tit\n")
    with pytest.raises(ValueError, match='names.txt has no name for "02"'):
        custom(tmp_path, NAMES="names.txt")


def test_two_folders_may_share_a_name_without_losing_pictures(tmp_path):
    make(tmp_path, "01", "02")
    (tmp_path / "birds" / "names.txt").write_text("01 tit\n02 tit\n")
    dataset = custom(tmp_path, NAMES="names.txt")
    assert (dataset.num_classes, len(dataset.train_x)) == (2, 10)


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="DATASET.CUSTOM.FOLDER is empty"):
        custom(tmp_path, FOLDER="")
    with pytest.raises(FileNotFoundError, match="Custom: .*birds not found"):
        custom(tmp_path)
    (tmp_path / "birds").mkdir()
    with pytest.raises(ValueError, match="birds has no folders; it needs one for each class"):
        custom(tmp_path)
    make(tmp_path, "a", count=3, ending="txt")
    with pytest.raises(ValueError, match="birds/a has no pictures"):
        custom(tmp_path)


def test_class_unknown_to_training_is_named(tmp_path):
    make(tmp_path, "train/a", "test/a", "test/b")
    with pytest.raises(ValueError, match="test/b is no class of train"):
        custom(tmp_path)


def test_other_files_are_mentioned(tmp_path, capsys):
    make(tmp_path, "a")
    (tmp_path / "birds" / "a" / "notes.txt").touch()
    assert len(custom(tmp_path).train_x) == 5
    assert "1 files are no pictures, such as notes.txt" in capsys.readouterr().out
