"""Where ImageNet and its shifts come from."""

from rada.prepare import by_hand
from rada.prepare.ilsvrc import unpack_train, unpack_val
from rada.prepare.source import Archive, Source, below

BERKELEY = "https://people.eecs.berkeley.edu/~hendrycks/"
HUB = "https://huggingface.co/datasets/"

IMAGENETS = {
    "imagenet": Source(
        (
            Archive(
                "ILSVRC2012_img_train.tar",
                md5="1d675b47d978889d74fa0da5fadfb00e",
                contents={"train": "images/train"},
                unpack=unpack_train,
            ),
            Archive(
                "ILSVRC2012_img_val.tar",
                md5="29b22e2961454d5413ddabcf34fc5622",
                contents={"val": "images/val"},
                unpack=unpack_val,
            ),
        ),
        gigabytes=144,
        by_hand="licence",
        steps=by_hand.IMAGENET,
    ),
    "imagenetv2": Source(
        (
            Archive(
                "imagenetv2-matched-frequency.tar.gz",  # plain tar in spite of its name
                (
                    HUB + "vaishaal/ImageNetV2/resolve/main/imagenetv2-matched-frequency.tar.gz",
                    "https://s3-us-west-2.amazonaws.com/imagenetv2public/"
                    "imagenetv2-matched-frequency.tar.gz",
                ),
                contents=below("", "imagenetv2-matched-frequency-format-val"),
                page="https://github.com/modestyachts/ImageNetV2",
            ),
        ),
        gigabytes=1.3,
    ),
    "imagenet_sketch": Source(
        (
            Archive(
                "ImageNet-Sketch.zip",
                (HUB + "songweig/imagenet_sketch/resolve/main/data/ImageNet-Sketch.zip",),
                contents={"sketch": "images"},
                page="https://drive.google.com/file/d/1Mj0i5HBthqH1p_yeXzsg22gZduvgoNeA/view",
            ),
        ),
        gigabytes=8,
    ),
    "imagenet_a": Source(
        (
            Archive(
                "imagenet-a.tar",
                (BERKELEY + "imagenet-a.tar",),
                "c3e55429088dc681f30d81f4726b6595",
                contents=below("", "imagenet-a"),
                page="https://github.com/hendrycks/natural-adv-examples",
            ),
        ),
        gigabytes=0.7,
    ),
    "imagenet_r": Source(
        (
            Archive(
                "imagenet-r.tar",
                (BERKELEY + "imagenet-r.tar",),
                "a61312130a589d0ca1a8fca1f2bd3337",
                contents=below("", "imagenet-r"),
                page="https://github.com/hendrycks/imagenet-r",
            ),
        ),
        gigabytes=2.2,
    ),
    "objectnet": Source((), gigabytes=197, by_hand="password", steps=by_hand.OBJECTNET),
}
