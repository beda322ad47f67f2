"""Broken data ends before training in one line that names the file, and exit code 2."""

import json
import shutil

import pytest

import train
from tests.trainers.runs import OPTIONS, classes_option, command_line

PICTURES = "caltech-101/101_ObjectCategories"
SPLIT = "caltech-101/split_zhou_Caltech101.json"


@pytest.fixture
def root(caltech_root, tmp_path):
    """A copy of the tiny Caltech101 to be broken."""
    shutil.copytree(caltech_root, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def mistake(root, tiny_clip, tmp_path, capsys):
    """Run train.py on it; return its one line on stderr."""

    def run(*opts, classes="base", arguments=()):
        command = [*command_line(root, tiny_clip, "CoOp", tmp_path / "out"), *arguments]
        code = train.cli([*command, *OPTIONS, *classes_option(classes), *opts])
        error = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
        assert code == 2 and len(error) == 1, error
        assert not (tmp_path / "out" / "prompt_learner").exists()  # nothing was trained
        return error[0]

    return run


def edit(root, change):
    """Change the content of the split file."""
    split = json.loads((root / SPLIT).read_text())
    change(split)
    (root / SPLIT).write_text(json.dumps(split))


def picture(root, part="train", index=0):
    return root / PICTURES / json.loads((root / SPLIT).read_text())[part][index][0]


def test_missing_root(mistake, root):
    shutil.rmtree(root)
    assert "caltech-101 not found" in mistake()


def test_missing_pictures_folder(mistake, root):
    shutil.rmtree(root / PICTURES)
    error = mistake()
    assert PICTURES in error and "python -m rada.prepare caltech101" in error


def test_half_unpacked_folder(mistake, root):
    shutil.rmtree(picture(root).parent)
    error = mistake()
    assert "are missing, first" in error and str(picture(root)) in error and SPLIT in error


@pytest.mark.parametrize("part", ["train", "test"])
def test_truncated_picture(mistake, root, part):
    content = picture(root, part).read_bytes()
    picture(root, part).write_bytes(content[: len(content) // 2])
    error = mistake("DATASET.NUM_SHOTS", "-1")
    assert str(picture(root, part)) in error and "replace or remove it" in error


def test_split_file_that_names_an_absent_picture(mistake, root):
    edit(root, lambda split: split["val"].append(["Faces/none.jpg", 0, "face"]))
    assert "Faces/none.jpg; unpack them again, or correct the paths" in mistake()


def test_label_out_of_range(mistake, root):
    edit(root, lambda split: split["test"][0].__setitem__(1, 99))
    error = mistake()
    assert SPLIT in error and "label 99" in error and "out of range" in error


def test_broken_split_file(mistake, root):
    (root / SPLIT).write_text((root / SPLIT).read_text()[:-100])
    assert "split_zhou_Caltech101.json: broken JSON" in mistake()


def test_fewer_pictures_than_shots(mistake):
    assert "fewer than 500 shots" in mistake("DATASET.NUM_SHOTS", "500")


def test_empty_new_half(mistake, root):
    def keep_first(split):
        for part, items in split.items():
            split[part] = [item for item in items if item[1] == 0]

    edit(root, keep_first)
    assert "no new classes are left of 1" in mistake(classes="new")


def test_half_without_test_pictures(mistake, root):
    def keep_first(split):
        split["test"] = [item for item in split["test"] if item[1] == 0]

    edit(root, keep_first)
    assert "has no test pictures of the new classes" in mistake(classes="new")


def test_class_without_pictures(mistake, root):
    (root / SPLIT).unlink()
    (root / PICTURES / "empty").mkdir()
    assert 'class "empty" has 0 pictures: too few to split' in mistake()


def test_training_on_a_test_set(mistake, root):
    for label in range(1000):
        folder = root / "imagenetv2/imagenetv2-matched-frequency-format-val" / str(label)
        folder.mkdir(parents=True)
        (folder / "1.jpeg").symlink_to(picture(root))
    config = ("--dataset-config-file", "configs/datasets/imagenetv2.yaml")
    assert "ImageNetV2 is for testing only" in mistake(arguments=config, classes="all")
