"""Where the ten datasets beside ImageNet come from."""

from rada.prepare import by_hand
from rada.prepare.source import Archive, File, Source, below
from rada.prepare.split_files import FLOWER_NAMES, SPLITS

OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/"

BENCHMARK = {
    "caltech101": Source(
        (
            SPLITS["caltech101"],
            Archive(
                "caltech-101.zip",
                ("https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",),
                "3138e1922a9193bfa496528edbbc45d0",
                contents=below("", "101_ObjectCategories"),
                inner="caltech-101/101_ObjectCategories.tar.gz",
            ),
        ),
        gigabytes=0.1,
    ),
    "oxford_pets": Source(
        (
            SPLITS["oxford_pets"],
            Archive(
                "annotations.tar.gz",
                (OXFORD + "pets/data/annotations.tar.gz",),
                "95a8c909bbe2e81eed6a22bccdf3f68f",
                contents=below("", "annotations"),
            ),
            Archive(
                "images.tar.gz",
                (OXFORD + "pets/data/images.tar.gz",),
                "5c4f3ee8e5d25df40f4fd59a7f44e54c",
                contents=below("", "images"),
            ),
        ),
        gigabytes=0.8,
    ),
    "stanford_cars": Source(
        (
            SPLITS["stanford_cars"],
            Archive("cars_train.tgz", contents=below("", "cars_train")),
            Archive("cars_test.tgz", contents=below("", "cars_test")),
            Archive(
                "stanford-cars-dataset.zip",
                contents={f"{name}/{name}": name for name in ("cars_train", "cars_test")},
            ),
        ),
        gigabytes=2,
        by_hand="site gone",
        steps=by_hand.STANFORD_CARS,
    ),
    "oxford_flowers": Source(
        (
            SPLITS["oxford_flowers"],
            FLOWER_NAMES,
            File(
                "imagelabels.mat",
                (OXFORD + "flowers/102/imagelabels.mat",),
                "e0620be6f572b9609742df49c70aed4d",
            ),
            Archive(
                "102flowers.tgz",
                (OXFORD + "flowers/102/102flowers.tgz",),
                "52808999861908f626f3c1f4e79d11fa",
                contents=below("", "jpg"),
            ),
        ),
        gigabytes=0.3,
    ),
    "food101": Source(
        (
            SPLITS["food101"],
            Archive(
                "food-101.tar.gz",
                ("http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",),
                "85eeb15f3717b99a5da872d97d918f87",
                contents=below("food-101", "images", "meta"),
            ),
        ),
        gigabytes=5,
    ),
    "fgvc_aircraft": Source(
        (
            Archive(
                "fgvc-aircraft-2013b.tar.gz",
                (OXFORD + "fgvc-aircraft/archives/fgvc-aircraft-2013b.tar.gz",),
                contents=below(
                    "fgvc-aircraft-2013b/data",
                    "variants.txt",
                    *(f"images_variant_{part}.txt" for part in ("train", "val", "test")),
                    "images",
                ),
            ),
        ),
        gigabytes=2.8,
    ),
    "sun397": Source(
        (
            SPLITS["sun397"],
            Archive(
                "SUN397.tar.gz",
                md5="8ca2778205c41d23104230ba66911c7a",
                contents=below("", "SUN397"),
            ),
        ),
        gigabytes=37,
        by_hand="site gone",
        steps=by_hand.SUN397,
    ),
    "dtd": Source(
        (
            SPLITS["dtd"],
            Archive(
                "dtd-r1.0.1.tar.gz",
                (OXFORD + "dtd/download/dtd-r1.0.1.tar.gz",),
                "fff73e5086ae6bdbea199a49dfb8a4c1",
                contents=below("dtd", "imdb", "labels", "images"),
            ),
        ),
        gigabytes=0.6,
    ),
    "eurosat": Source(
        (
            SPLITS["eurosat"],
            Archive(
                "EuroSAT.zip",
                (
                    "https://huggingface.co/datasets/torchgeo/eurosat/resolve/main/EuroSAT.zip",
                    "http://madm.dfki.de/files/sentinel/EuroSAT.zip",
                ),
                "c8fa014336c82ac7804f0398fcb19387",
                contents=below("", "2750"),
            ),
        ),
        gigabytes=0.1,
    ),
    "ucf101": Source(
        (
            SPLITS["ucf101"],
            Archive("UCF-101-midframes.zip", contents=below("", "UCF-101-midframes")),
        ),
        by_hand="on a drive",
        steps=by_hand.UCF101,
    ),
}
