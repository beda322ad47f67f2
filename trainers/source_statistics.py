"""Token statistics of the pictures that a checkpoint was trained on, kept beside it."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm
from yacs.config import CfgNode

from dassl.data.data_manager import build_data_loader
from dassl.data.datasets import build_dataset
from dassl.data.transforms import build_transform
from models.token_alignment import TokenStatistics, gather, watched_blocks
from results.file import read_results
from trainers.records import flatten

FILE = "token_statistics.pt"


def source_statistics(trainer, directory: str, blocks: range) -> TokenStatistics:
    """Statistics of a loaded trainer's image tokens over its source's training pictures.

    Args:
        trainer: its prompts are loaded.
        directory: of the training; results.json there says what the pictures are.
        blocks: of the image encoder.

    Raises:
        FileNotFoundError: if the training has not finished.
    """
    path = Path(directory, FILE)
    made_with = {"prompts": trainer.digest(), "blocks": str(blocks)}
    made_with |= flatten(trainer.cfg.INPUT, "INPUT.")
    made_with |= {"backbone": trainer.cfg.MODEL.BACKBONE.NAME, "precision": trainer.own.PREC}
    if path.is_file():
        try:
            kept = torch.load(path, map_location=trainer.device, weights_only=True)
            if kept["made_with"] == made_with:
                return TokenStatistics(kept["mean"], kept["variance"])
        except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError):
            print(f"{path} is damaged and made anew")
    statistics = gather(_tokens(trainer, _source_loader(trainer, directory), blocks))
    try:
        part = path.with_suffix(f".tmp{os.getpid()}")
        torch.save({"made_with": made_with, **statistics._asdict()}, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch.save raises both
        print(f"Not kept: {error}")
    return statistics


def _source_loader(trainer, directory: str):
    results = Path(directory, "results.json")
    if not results.is_file():
        raise FileNotFoundError(
            f"{results} is not there, so the pictures it was trained on are not known; "
            "finish that training first"
        )
    cfg = CfgNode(read_results(results)["cfg"])
    cfg.DATASET.ROOT = trainer.cfg.DATASET.ROOT
    cfg.DATALOADER.NUM_WORKERS = trainer.cfg.DATALOADER.NUM_WORKERS
    cfg.INPUT = trainer.cfg.INPUT
    print(f"Token statistics of {cfg.DATASET.NAME}'s training pictures (once)")
    pictures = build_dataset(cfg).train_x
    transform = build_transform(cfg, is_train=False)
    return build_data_loader(cfg, data_source=pictures, tfm=transform, is_train=False)


@torch.no_grad()
def _tokens(trainer, loader, blocks: range) -> Iterator[list[Tensor]]:
    encoder = trainer.model.encoder
    for batch in tqdm(loader):
        with watched_blocks(encoder.backbone.model.visual, blocks) as entered:
            encoder.encode_image(batch["img"].to(trainer.device))
        yield entered
