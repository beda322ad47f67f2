"""Each dataset has the sentence that CLIP's authors and CoOp use for it."""

from rada.data.families import BENCHMARKS, SHIFTS
from rada.data.registry import dataset_class

OWN = {
    "oxford_pets": "a photo of a {}, a type of pet.",
    "oxford_flowers": "a photo of a {}, a type of flower.",
    "fgvc_aircraft": "a photo of a {}, a type of aircraft.",
    "dtd": "{} texture.",
    "eurosat": "a centered satellite photo of {}.",
    "food101": "a photo of {}, a type of food.",
    "ucf101": "a photo of a person doing {}.",
}


def test_templates_are_coops():
    for stem in (*BENCHMARKS, *SHIFTS):
        assert dataset_class(stem).template == OWN.get(stem, "a photo of a {}.")
