"""Stand-in datasets: names and files of the real ones, by content.

That the readers read all sixteen, with and without split files: test_sixteen.py.
"""

import json

from PIL import Image
from scipy.io import loadmat

from rada.data.class_lists import read_classnames
from rada.rehearsal.tree import build_tree

COUNTS = {"train": 2, "val": 1, "test": 1}


def lines(path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_folders_and_names_of_caltech_and_eurosat(tmp_path):
    build_tree("caltech101", tmp_path, **COUNTS, most_classes=None)
    folder = tmp_path / "caltech-101"
    split = json.loads((folder / "split_zhou_Caltech101.json").read_text())
    assert split["train"][0] == ["Faces/image_0001.jpg", 0, "face"]
    assert ["airplanes/image_0004.jpg", 4, "airplane"] in split["test"]
    names = {path.name for path in (folder / "101_ObjectCategories").iterdir()}
    assert {"Faces_easy", "BACKGROUND_Google", "Motorbikes", "Leopards"} <= names
    build_tree("eurosat", tmp_path, **COUNTS)
    split = json.loads((tmp_path / "eurosat/split_zhou_EuroSAT.json").read_text())
    assert split["val"][0] == ["AnnualCrop/AnnualCrop_3.jpg", 0, "Annual Crop Land"]


def test_pets_know_cats_and_dogs_by_capitals(tmp_path):
    build_tree("oxford_pets", tmp_path, **COUNTS)
    rows = lines(tmp_path / "oxford_pets/annotations/trainval.txt")
    assert rows[0] == "Abyssinian_1 1 1 1"
    assert "american_bulldog_1 2 2 1" in rows and "Egyptian_Mau_3 12 1 6" in rows
    assert len(rows) == 3 * 37 and (tmp_path / "oxford_pets/images/Egyptian_Mau_3.jpg").is_file()


def test_cars_have_matlab_files_with_the_year_last(tmp_path):
    build_tree("stanford_cars", tmp_path, **COUNTS, most_classes=5)
    folder = tmp_path / "stanford_cars"
    names = loadmat(str(folder / "devkit/cars_meta.mat"))["class_names"][0]
    assert str(names[0][0]) == "AM General Hummer SUV 2000"
    rows = loadmat(str(folder / "cars_test_annos_withlabels.mat"))["annotations"][0]
    files = sorted(path.name for path in (folder / "cars_test").iterdir())
    assert [str(row["fname"][0]) for row in rows] == files
    assert sorted(int(row["class"][0, 0]) for row in rows) == [1, 2, 3, 4, 5]


def test_scenes_and_actions_are_named_from_their_folders(tmp_path):
    build_tree("sun397", tmp_path, 1, 1, 1, most_classes=None, size=8)
    names = lines(tmp_path / "sun397/ClassName.txt")
    assert names[:2] == ["/a/abbey", "/a/airplane_cabin"] and names == sorted(names)
    assert "/a/apartment_building/outdoor" in names and len(names) == 397
    build_tree("ucf101", tmp_path, 1, 1, 1, most_classes=None, size=8)
    lists = tmp_path / "ucf101/ucfTrainTestlist"
    assert lines(lists / "classInd.txt")[0] == "1 ApplyEyeMakeup"
    assert "HandstandPushups/v_HandStandPushups_g01_c03.avi" in lines(lists / "testlist01.txt")
    assert "YoYo/v_YoYo_g01_c01.avi 101" in lines(lists / "trainlist01.txt")


def test_numbers_of_flowers_and_aircraft(tmp_path):
    build_tree("oxford_flowers", tmp_path, **COUNTS)
    names = json.loads((tmp_path / "oxford_flowers/cat_to_name.json").read_text())
    assert [names[str(i + 1)] for i in range(3)] == read_classnames("oxford_flowers")[:3]
    assert list(names) != sorted(names, key=int)
    build_tree("fgvc_aircraft", tmp_path, **COUNTS)
    folder = tmp_path / "fgvc_aircraft"
    assert lines(folder / "variants.txt") == read_classnames("fgvc_aircraft")
    first = lines(folder / "images_variant_val.txt")[0]
    assert first.startswith("00") and (folder / "images" / f"{first.split()[0]}.jpg").is_file()


def test_objectnet_has_a_red_border_and_more_classes_than_are_read(tmp_path):
    build_tree("objectnet", tmp_path, test=1, most_classes=20, size=16)
    image_dir = tmp_path / "objectnet-1.0/images"
    assert (image_dir / "air_freshener").is_dir()
    with Image.open(next(image_dir.glob("[b-z]*/*.png"))) as picture:
        corners = [picture.getpixel(xy) for xy in ((0, 0), (1, picture.height - 1))]
        assert picture.width >= 20 and corners == [(255, 0, 0)] * 2
        assert picture.getpixel((2, 2)) != (255, 0, 0)


def test_pictures_are_of_several_sizes_some_grey_and_classes_differ(tmp_path):
    build_tree("dtd", tmp_path, train=8, val=1, test=1, most_classes=3, size=16)
    folders = sorted((tmp_path / "dtd/images").iterdir())
    sizes, modes = set(), set()
    for path in folders[0].iterdir():
        with Image.open(path) as picture:
            sizes.add(picture.size)
            modes.add(picture.mode)
    assert (16, 16) in sizes and len(sizes) > 1 and modes == {"RGB", "L"}
    first = [next(iter(sorted(folder.iterdir()))).read_bytes() for folder in folders]
    assert len(set(first)) == 3
