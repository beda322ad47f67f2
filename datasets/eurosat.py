"""EuroSAT (Helber et al., 2019) with the split and class names of CoOp."""

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.folder_per_class import FolderPerClass


@DATASET_REGISTRY.register()
class EuroSAT(FolderPerClass):
    """10 kinds of land seen from a satellite, 64 x 64 pixels."""

    stem = "eurosat"
    dataset_dir = "eurosat"
    image_dir = "2750"
    split_file = "split_zhou_EuroSAT.json"
    template = "a centered satellite photo of {}."
    names = {
        "AnnualCrop": "Annual Crop Land",
        "HerbaceousVegetation": "Herbaceous Vegetation Land",
        "Highway": "Highway or Road",
        "Industrial": "Industrial Buildings",
        "Pasture": "Pasture Land",
        "PermanentCrop": "Permanent Crop Land",
        "Residential": "Residential Buildings",
        "SeaLake": "Sea or Lake",
    }
