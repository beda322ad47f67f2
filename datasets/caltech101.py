"""Caltech101 (Fei-Fei et al., 2004) with the split and class names of CoOp."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.folder_per_class import FolderPerClass


@DATASET_REGISTRY.register()
class Caltech101(FolderPerClass):
    """100 object classes; "faces easy" and the background folder are left out."""

    stem = "caltech101"
    dataset_dir = "caltech-101"
    image_dir = "101_ObjectCategories"
    split_file = "split_zhou_Caltech101.json"
    ignored = ("BACKGROUND_Google", "Faces_easy")
    names = {
        "airplanes": "airplane",
        "Faces": "face",
        "Leopards": "leopard",
        "Motorbikes": "motorbike",
    }
