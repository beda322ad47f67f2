"""The registry of datasets."""

from yacs.config import CfgNode

from dassl.data.datasets.base_dataset import DatasetBase
from dassl.utils import Registry, check_availability

DATASET_REGISTRY = Registry("DATASET")


def build_dataset(cfg: CfgNode) -> DatasetBase:
    """The dataset that cfg.DATASET.NAME names.

    Raises:
        ValueError: if it is not registered; suggests the nearest name.
    """
    check_availability(cfg.DATASET.NAME, DATASET_REGISTRY.registered_names())
    if cfg.VERBOSE:
        print(f"Loading dataset: {cfg.DATASET.NAME}")
    return DATASET_REGISTRY.get(cfg.DATASET.NAME)(cfg)
