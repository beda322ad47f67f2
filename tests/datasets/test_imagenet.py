"""ImageNet and its shifts: label order and names, by content, on trees with all real folders."""

import pytest

from rada.data.class_lists import read_classnames, read_objectnet, read_wnids
from rada.data.imagenet_folders import read_names

NAMES = read_wnids("imagenet")


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def names_by_folder(dataset):
    """(label, class name) by the folder of the picture."""
    return {item.impath.split("/")[-2]: (item.label, item.classname) for item in dataset.test}


@pytest.fixture
def imagenet(tmp_path):
    for wnid in NAMES:
        touch(tmp_path / "imagenet/images/train" / wnid, f"{wnid}_2.JPEG", f"{wnid}_10.JPEG")
        touch(tmp_path / "imagenet/images/val" / wnid, "ILSVRC2012_val_00000001.JPEG")
    return tmp_path


def test_class_lists_are_openais():
    assert len(NAMES) == len(set(NAMES)) == 1000
    assert list(NAMES) == sorted(NAMES)
    assert NAMES["n01440764"] == "tench"
    assert NAMES["n04376876"] == "syringe"
    assert NAMES["n15075141"] == "toilet paper"
    assert len(read_classnames("imagenet_a")) == len(read_classnames("imagenet_r")) == 200
    assert set(read_wnids("imagenet_a")) < set(NAMES)
    assert len(read_objectnet()) == 113


def test_imagenet_is_tested_on_its_validation_set(imagenet, read):
    dataset = read("imagenet", imagenet)
    assert dataset.classnames == list(NAMES.values())
    assert (len(dataset.train_x), len(dataset.val), len(dataset.test)) == (2000, 1000, 1000)
    assert names_by_folder(dataset)["n02119789"] == (list(NAMES).index("n02119789"), "kit fox")


def test_few_shots_of_imagenet_leave_its_test_set_whole(imagenet, read):
    dataset = read("imagenet", imagenet, shots=1)
    assert (len(dataset.train_x), len(dataset.val), len(dataset.test)) == (1000, 1000, 1000)
    new = read("imagenet", imagenet, shots=1, classes="new")
    assert new.classnames == list(NAMES.values())[500:]


def test_own_classnames_file_wins_in_any_order(imagenet, read):
    lines = [f"{wnid} thing {wnid[1:]}" for wnid in reversed(NAMES)]
    (imagenet / "imagenet" / "classnames.txt").write_text("\n".join(lines))
    assert read("imagenet", imagenet).classnames[0] == "thing 01440764"
    assert read_names(str(imagenet)) == NAMES  # no file there


def test_half_unpacked_imagenet_is_named(imagenet, read):
    for file in (imagenet / "imagenet/images/val/n02119789").iterdir():
        file.unlink()
    with pytest.raises(ValueError, match="images/val/n02119789 has no pictures; unpack it again"):
        read("imagenet", imagenet)
    (imagenet / "imagenet/images/val/n02119789").rmdir()
    with pytest.raises(
        ValueError, match="images/val lacks n02119789: unpack .*imagenet/classnames.txt"
    ):
        read("imagenet", imagenet)


def test_v2_folders_are_labels_not_text(tmp_path, read):
    """Sorted as text, folder "10" would be label 2."""
    for label in range(1000):
        touch(
            tmp_path / "imagenetv2/imagenetv2-matched-frequency-format-val" / str(label), "a.jpeg"
        )
    dataset = read("imagenetv2", tmp_path)
    expected = {str(i): (i, name) for i, name in enumerate(NAMES.values())}
    assert names_by_folder(dataset) == expected
    assert expected["10"] == (10, "brambling")
    assert [item.label for item in dataset.test] == list(range(1000))


def test_sketch_has_all_classes_in_imagenets_order(tmp_path, read):
    for wnid in NAMES:
        touch(tmp_path / "imagenet-sketch/images" / wnid, "sketch_0.JPEG")
    assert read("imagenet_sketch", tmp_path).classnames == list(NAMES.values())


@pytest.mark.parametrize(
    ("stem", "folder", "first", "last"),
    [
        ("imagenet_a", "imagenet-adversarial/imagenet-a", "stingray", "acorn"),
        ("imagenet_r", "imagenet-rendition/imagenet-r", "goldfish", "acorn"),
    ],
)
def test_subsets_have_labels_of_their_own(tmp_path, read, stem, folder, first, last):
    wnids = read_classnames(stem)
    for wnid in reversed(wnids):
        touch(tmp_path / folder / wnid, "a.jpg")
    touch(tmp_path / folder, "README.txt")
    dataset = read(stem, tmp_path)
    assert dataset.num_classes == 200
    assert dataset.classnames == [NAMES[wnid] for wnid in sorted(wnids)]
    assert (dataset.classnames[0], dataset.classnames[-1]) == (first, last)
    touch(tmp_path / folder / "n01440764", "a.jpg")  # tench, in neither
    with pytest.raises(ValueError, match=f"{folder} has n01440764, which is no class: remove it"):
        read(stem, tmp_path)


def test_objectnet_reads_the_shared_classes_by_folder(tmp_path, read):
    for folder in [*read_objectnet(), "air_freshener", "zucchini"]:
        touch(tmp_path / "objectnet-1.0/images" / folder, "a.png")
    dataset = read("objectnet", tmp_path)
    found = names_by_folder(dataset)
    assert len(found) == dataset.num_classes == 113
    assert list(found) == sorted(found)
    assert found["alarm_clock"] == (0, "alarm clock")
    assert "air_freshener" not in found
    shared = read_objectnet()
    assert [NAMES[w] for w in shared["alarm_clock"][1]] == ["analog clock", "digital clock"]
    assert [NAMES[w] for w in shared["chair"][1]] == [
        "barber chair",
        "folding chair",
        "rocking chair",
    ]
