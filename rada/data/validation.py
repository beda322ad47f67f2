"""Pictures to choose the best epoch on: never those of the test."""

from collections import defaultdict

import torch
from torch.utils.data import DataLoader
from yacs.config import CfgNode

from dassl.data import DataManager
from dassl.data.data_manager import build_data_loader


def keep_test_apart(cfg: CfgNode, dm: DataManager) -> None:
    """Before TEST.FINAL_MODEL best_val: see that no validation picture is a test picture.

    Where the dataset has no other ones (ImageNet's readers give the same list as both),
    TRAIN.HOLD_OUT of the training pictures of each class validate instead, drawn by seed.

    Raises:
        ValueError: if there are too few training pictures.
    """
    if cfg.TEST.FINAL_MODEL != "best_val" or cfg.DATASET.get("EVAL_ONLY", False):
        return
    data = dm.dataset
    tested = {item.impath for item in data.test}
    if data.val and tested.isdisjoint(item.impath for item in data.val):
        return
    held, kept = divided(data.train_x, cfg.TRAIN.HOLD_OUT, max(0, cfg.SEED))
    print(f"{len(held):,} of {len(data.train_x):,} training pictures choose the best epoch")
    data._train_x, data._val = kept, held
    own, test = cfg.DATALOADER, dm.test_loader
    dm.train_loader_x = loader_like(dm.train_loader_x, cfg, own.TRAIN_X, kept, is_train=True)
    dm.val_loader = loader_like(test, cfg, own.TEST, held, is_train=False)


def loader_like(loader: DataLoader, cfg: CfgNode, node: CfgNode, items: list, is_train: bool):
    """A loader of other items, with the transform and the wrapper of this one."""
    return build_data_loader(
        cfg,
        sampler_type=node.SAMPLER,
        data_source=items,
        batch_size=node.BATCH_SIZE,
        n_domain=node.get("N_DOMAIN", 0),
        n_ins=node.get("N_INS", 2),
        tfm=loader.dataset.transform,
        is_train=is_train,
        dataset_wrapper=type(loader.dataset),
    )


def divided(items: list, share: float, seed: int) -> tuple[list, list]:
    """A share of the items of each label, at least one, drawn by seed; and the others.

    Raises:
        ValueError: if a label has a single item.
    """
    by_label = defaultdict(list)
    for item in items:
        by_label[item.label].append(item)
    generator = torch.Generator().manual_seed(seed)
    held = set()
    for _, own in sorted(by_label.items()):
        if len(own) < 2:
            raise ValueError(
                f'class "{own[0].classname}" has one training picture: none can be held out to '
                "choose the best epoch; set TEST.FINAL_MODEL last_step"
            )
        number = max(1, round(share * len(own)))
        held |= {id(own[i]) for i in torch.randperm(len(own), generator=generator)[:number]}
    return [i for i in items if id(i) in held], [i for i in items if id(i) not in held]
