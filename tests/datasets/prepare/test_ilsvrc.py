"""ImageNet's own archives become images/train and images/val with a folder per class."""

import io
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from rada.prepare import ilsvrc, sources
from rada.prepare.place import prepare


@pytest.fixture
def devkit(tar):
    """A devkit of two classes (and a group of classes), four validation pictures."""
    fields = [("ILSVRC2012_ID", "f8"), ("WNID", "O"), ("words", "O"), ("gloss", "O")]
    rows = [(1, "n02", "b", ""), (2, "n01", "a", ""), (1001, "n00", "all", "")]
    buffer = io.BytesIO()
    savemat(buffer, {"synsets": np.array(rows, dtype=fields)})
    truth = b"2\n1\n1\n2\n"
    return tar([(ilsvrc.SYNSETS, buffer.getvalue()), (ilsvrc.TRUTH, truth)])


@pytest.fixture
def imagenet(tar, devkit, tmp_path, monkeypatch):
    """The three archives in their folder; md5 are not compared."""
    source = sources.SOURCES["imagenet"]
    files = tuple(replace(file, md5="") for file in source.files)
    monkeypatch.setitem(sources.SOURCES, "imagenet", replace(source, files=files))
    monkeypatch.setattr(ilsvrc, "DEVKIT_MD5", "")
    folder = tmp_path / "imagenet"
    folder.mkdir()
    classes = [
        (f"{n}.tar", tar([(f"{n}_{i}.JPEG", b"") for i in (1, 2)], "w")) for n in ("n01", "n02")
    ]
    pictures = [(f"ILSVRC2012_val_0000000{i}.JPEG", b"") for i in (4, 2, 3, 1)]
    (folder / "ILSVRC2012_img_train.tar").write_bytes(tar(classes, "w"))
    (folder / "ILSVRC2012_img_val.tar").write_bytes(tar(pictures, "w"))
    (folder / ilsvrc.DEVKIT).write_bytes(devkit)
    return folder


def test_pictures_are_sorted_into_classes(imagenet, tmp_path):
    assert prepare("imagenet", tmp_path) == []
    images = imagenet / "images"
    found = sorted(str(path.relative_to(images)) for path in images.rglob("*.JPEG"))
    assert found == [
        "train/n01/n01_1.JPEG",
        "train/n01/n01_2.JPEG",
        "train/n02/n02_1.JPEG",
        "train/n02/n02_2.JPEG",
        "val/n01/ILSVRC2012_val_00000001.JPEG",
        "val/n01/ILSVRC2012_val_00000004.JPEG",
        "val/n02/ILSVRC2012_val_00000002.JPEG",
        "val/n02/ILSVRC2012_val_00000003.JPEG",
    ]
    assert (imagenet / "ILSVRC2012_img_train.tar").exists()


def test_without_the_devkit_only_training_pictures(imagenet, tmp_path):
    (imagenet / ilsvrc.DEVKIT).unlink()
    (problem,) = prepare("imagenet", tmp_path)
    assert problem.startswith(f"{imagenet / ilsvrc.DEVKIT} not found")
    assert (imagenet / "images" / "train" / "n02").is_dir()
    assert not (imagenet / "images" / "val").exists()


def test_another_number_of_pictures(imagenet, tar, tmp_path):
    (imagenet / "ILSVRC2012_img_val.tar").write_bytes(tar([("1.JPEG", b"")], "w"))
    (problem,) = prepare("imagenet", tmp_path)
    assert "has 1 pictures" in problem and "knows 4" in problem


def test_a_devkit_without_its_files(imagenet, tar, tmp_path):
    (imagenet / ilsvrc.DEVKIT).write_bytes(tar([("other", b"")]))
    (problem,) = prepare("imagenet", tmp_path)
    assert f"{imagenet / ilsvrc.DEVKIT} cannot be read" in problem


def test_a_class_that_leads_out_is_refused(imagenet, tar, tmp_path):
    evil = tar([("n01.tar", tar([("../../../evil", b"")], "w"))], "w")
    (imagenet / "ILSVRC2012_img_train.tar").write_bytes(evil)
    (problem,) = prepare("imagenet", tmp_path)
    assert 'member "../../../evil" leads out of the folder' in problem
    assert not (imagenet / "images" / "train").exists()
