"""From the config to loaders."""

from collections.abc import Callable

import torch
from torch.utils.data import DataLoader
from yacs.config import CfgNode

from dassl.data.collation import collate
from dassl.data.dataset_wrapper import DatasetWrapper
from dassl.data.datasets import build_dataset
from dassl.data.datasets.base_dataset import Data
from dassl.data.samplers import build_sampler
from dassl.data.transforms import build_transform


def build_data_loader(
    cfg: CfgNode,
    sampler_type: str = "SequentialSampler",
    data_source: Data | None = None,
    batch_size: int = 64,
    n_domain: int = 0,
    n_ins: int = 2,
    tfm: Callable | None = None,
    is_train: bool = True,
    dataset_wrapper: type | None = None,
) -> DataLoader:
    """A loader of items; in training it drops the last batch if that is not full.

    With fewer items than a batch there is one smaller batch.

    Args:
        tfm: transform or transforms of `DatasetWrapper`.
        dataset_wrapper: class in place of DatasetWrapper.

    Raises:
        ValueError: if there are no items.
    """
    if not data_source:
        raise ValueError("the dataset has an empty list where a loader needs pictures")
    return DataLoader(
        (dataset_wrapper or DatasetWrapper)(cfg, data_source, transform=tfm, is_train=is_train),
        batch_size=batch_size,
        sampler=build_sampler(
            sampler_type,
            cfg=cfg,
            data_source=data_source,
            batch_size=batch_size,
            n_domain=n_domain,
            n_ins=n_ins,
        ),
        num_workers=cfg.DATALOADER.NUM_WORKERS,
        collate_fn=collate,
        drop_last=is_train and len(data_source) >= batch_size,
        pin_memory=torch.cuda.is_available() and cfg.USE_CUDA,
    )


class DataManager:
    """The dataset of a config and its loaders.

    Args:
        custom_tfm_train, custom_tfm_test: transforms in place of the config's.
        dataset_wrapper: class in place of DatasetWrapper.

    Attributes:
        dataset: the dataset.
        tfm_train, tfm_test: transforms.
        train_loader_x, train_loader_u, val_loader, test_loader: loaders; None for train_u and val
            if the dataset has none.
        num_classes, num_source_domains, lab2cname: of the dataset and config.
    """

    def __init__(
        self,
        cfg: CfgNode,
        custom_tfm_train: Callable | None = None,
        custom_tfm_test: Callable | None = None,
        dataset_wrapper: type | None = None,
    ):
        self.dataset = dataset = build_dataset(cfg)
        self.tfm_train = self._transform(cfg, custom_tfm_train, is_train=True)
        self.tfm_test = self._transform(cfg, custom_tfm_test, is_train=False)

        def loader(data: Data, node: CfgNode, is_train: bool) -> DataLoader:
            return self._loader(cfg, data, node, is_train, dataset_wrapper)

        loaders = cfg.DATALOADER
        unlabelled = loaders.TRAIN_X if loaders.TRAIN_U.SAME_AS_X else loaders.TRAIN_U
        self.train_loader_x = loader(dataset.train_x, loaders.TRAIN_X, True)
        self.train_loader_u = loader(dataset.train_u, unlabelled, True) if dataset.train_u else None
        self.val_loader = loader(dataset.val, loaders.TEST, False) if dataset.val else None
        self.test_loader = loader(dataset.test, loaders.TEST, False)
        self.num_classes, self.lab2cname = dataset.num_classes, dataset.lab2cname
        self.num_source_domains = len(cfg.DATASET.SOURCE_DOMAINS)
        if cfg.VERBOSE:
            self.show_dataset_summary(cfg)

    def show_dataset_summary(self, cfg: CfgNode) -> None:
        """Print a table of the dataset's sizes."""
        from tabulate import tabulate

        data = self.dataset
        rows = [
            ("Dataset", cfg.DATASET.NAME),
            ("Source", cfg.DATASET.SOURCE_DOMAINS),
            ("Target", cfg.DATASET.TARGET_DOMAINS),
            ("# classes", f"{self.num_classes:,}"),
            ("# train_x", f"{len(data.train_x):,}"),
            ("# train_u", f"{len(data.train_u):,}" if data.train_u else None),
            ("# val", f"{len(data.val):,}" if data.val else None),
            ("# test", f"{len(data.test):,}"),
        ]
        print(tabulate([row for row in rows if row[1]]))

    def _loader(
        self, cfg: CfgNode, data: Data, node: CfgNode, is_train: bool, wrapper: type | None
    ) -> DataLoader:
        return build_data_loader(
            cfg,
            sampler_type=node.SAMPLER,
            data_source=data,
            batch_size=node.BATCH_SIZE,
            n_domain=node.get("N_DOMAIN", 0),
            n_ins=node.get("N_INS", 2),
            tfm=self.tfm_train if is_train else self.tfm_test,
            is_train=is_train,
            dataset_wrapper=wrapper,
        )

    @staticmethod
    def _transform(cfg: CfgNode, custom: Callable | None, is_train: bool) -> Callable | None:
        if custom is None:
            return build_transform(cfg, is_train=is_train)
        print(f"* Using custom transform for {'training' if is_train else 'testing'}")
        return custom
