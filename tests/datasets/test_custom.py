"""Your own pictures: split by folders or by chance, named by folders or by a file."""

import pytest
from PIL import Image

from tests.custom import custom, files, make


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


@pytest.mark.parametrize("folders", [("a", "b"), ("train/a", "test/a", "train/b", "test/b")])
def test_what_runs_write_is_no_class(tmp_path, folders):
    """Picks and checks are written into the folder by every run."""
    for folder in folders:
        (tmp_path / "birds" / folder).mkdir(parents=True)
        for i in range(10):
            Image.new("L", (9, 9), i).save(tmp_path / "birds" / folder / f"{i}.png")
    first = custom(tmp_path, shots=2, check=True)
    assert (tmp_path / "birds" / "split_fewshot" / "shot_2-seed_1.json").exists()
    second = custom(tmp_path, shots=2, check=True)
    assert second.classnames == first.classnames == ["a", "b"]
    assert files(second.train_x) == files(first.train_x)


def test_records_without_validation_pictures_are_used(tmp_path, capsys):
    make(tmp_path, "train/a", "test/a")
    custom(tmp_path, shots=2)
    custom(tmp_path, shots=2)
    assert "Loading few-shot picks" in capsys.readouterr().out


def test_incomplete_parts_are_named(tmp_path):
    make(tmp_path, "train/a", "val/a")
    with pytest.raises(ValueError, match="has train and val but needs train and test"):
        custom(tmp_path)


@pytest.mark.parametrize(
    ("parts", "wrong", "right"),
    [
        (("Train", "Test"), "Test", "test"),
        (("train", "validation"), "validation", "val"),
        (("train", "test", "valid"), "valid", "val"),
        (("training", "testing"), "testing", "test"),
    ],
)
def test_parts_under_other_names_are_told_how_to_be_called(tmp_path, parts, wrong, right):
    make(tmp_path, *(f"{part}/{name}" for part in parts for name in ("a", "b")))
    with pytest.raises(ValueError) as caught:
        custom(tmp_path)
    said = str(caught.value)
    assert f'rename "{wrong}" to {right}' in said
    assert "remove" not in said


def test_a_class_may_be_called_train(tmp_path):
    make(tmp_path, "car", "train")
    assert custom(tmp_path).classnames == ["car", "train"]


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="DATASET.CUSTOM.FOLDER is empty"):
        custom(tmp_path, FOLDER="")
    with pytest.raises(FileNotFoundError, match="birds not found; set DATASET.CUSTOM.FOLDER"):
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
    (tmp_path / "birds" / "names.txt").write_text("a tit\nb gull\n")
    with pytest.raises(ValueError, match="test/b is no class of train"):
        custom(tmp_path, NAMES="names.txt")


def test_other_files_are_mentioned(tmp_path, capsys):
    make(tmp_path, "a")
    (tmp_path / "birds" / "a" / "notes.txt").touch()
    assert len(custom(tmp_path).train_x) == 5
    assert "1 files are no pictures, such as notes.txt" in capsys.readouterr().out
