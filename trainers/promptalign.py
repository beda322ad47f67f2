"""PromptAlign: test-time tuning that keeps to the source's tokens (arXiv 2311.01459).

The statistics of the source are those of the pictures that the MaPLe it starts from was trained on.
They are made on first use and kept beside that MaPLe's checkpoint.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm
from yacs.config import CfgNode

from dassl.data.data_manager import build_data_loader
from dassl.data.datasets import build_dataset
from dassl.data.transforms import build_transform
from dassl.engine import TRAINER_REGISTRY
from rada.data.data import cut_border
from rada.engine import distributed
from rada.engine.checkpoints import flatten
from rada.features.key import as_bytes
from rada.files import replacing, sha256
from rada.results_json import read_results
from rada.settings import number, whole
from rada.test_time.adaptation import Adaptation
from rada.test_time.episodes import Episodes
from rada.test_time.token_alignment import AlignedEpisodes, TokenStatistics, gather, watched_blocks

from .maple import MaPLe

FILE = "token_statistics.pt"


class Alignment(Adaptation):
    """Adapts to an image while its tokens keep to the source's.

    Attributes:
        source: statistics of the source's tokens.
    """

    source: TokenStatistics

    def check_settings(self, cfg: CfgNode) -> None:
        """Raises ValueError if no block is aligned."""
        super().check_settings(cfg)
        own = cfg.TRAINER.PROMPTALIGN
        if not 0 <= own.FROM < own.TO - 1:
            raise ValueError(
                f"TRAINER.PROMPTALIGN.FROM {own.FROM} and TO {own.TO} align no block; "
                "take 0 <= FROM < TO - 1"
            )

    @property
    def blocks(self) -> range:
        """Blocks of the image encoder that are aligned."""
        own = self.trainer.cfg.TRAINER.PROMPTALIGN
        return range(own.FROM, own.TO - 1)

    def after_load(self, directory: str) -> None:
        """Also the statistics of the pictures that the loaded prompts were trained on."""
        with distributed.main_process_first():  # the others find what it keeps
            self.source = source_statistics(self.trainer, directory, self.blocks)

    def made_with(self) -> dict[str, str]:
        """Also the statistics that decide a prediction."""
        return super().made_with() | {"token statistics": digest(self.source)}

    def build_episodes(self) -> Episodes:
        """Episodes that keep to the source."""
        own = self.trainer.cfg.TRAINER.PROMPTALIGN
        setting = self.trainer.model, self.tuned(), self.episode()
        weight = own.WEIGHT / (own.TO - own.FROM)
        return AlignedEpisodes(*setting, self.source, self.blocks, weight)


@TRAINER_REGISTRY.register()
class PromptAlign(MaPLe):
    """Tunes a trained MaPLe's prompts to each test image, and its tokens to the source's."""

    adaptation = Alignment
    starts_from = "MaPLe"
    nodes = {
        "PROMPTALIGN": {
            # blocks FROM to TO - 2 are aligned, each with WEIGHT / (TO - FROM): as the authors'
            # program, not as its names say
            "FROM": whole(0, "first block that is aligned, from 0", least=0, most=1000),
            "TO": whole(3, "blocks up to TO - 2 are aligned", least=2, most=1000),
            "WEIGHT": number(
                100.0, "of all blocks together; each has WEIGHT / (TO - FROM)", least=0
            ),
        }
    }
    training_only = {"PROMPTALIGN"}


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
    made_with = {"prompts": trainer.adapts.digest(), "blocks": str(blocks)}
    made_with |= flatten(trainer.cfg.INPUT, "INPUT.")
    made_with |= {"backbone": trainer.cfg.MODEL.BACKBONE.NAME, "precision": trainer.own.PREC}
    if (kept := _read(path, made_with, trainer.device)) is not None:
        return kept
    statistics = gather(_tokens(trainer, _source_loader(trainer, directory), blocks))
    _keep({"made_with": made_with, **statistics._asdict()}, path)
    return statistics


def digest(statistics: TokenStatistics) -> str:
    """sha256 of the numbers."""
    return sha256(map(as_bytes, statistics))


def _read(path: Path, made_with: dict, device: torch.device) -> TokenStatistics | None:
    """What a file holds; None if there is none, it is damaged or was made with something else."""
    if not path.is_file():
        return None
    try:
        kept = torch.load(path, map_location=device, weights_only=True)
        found = TokenStatistics(kept["mean"], kept["variance"])
        if not all(each.isfinite().all() and each.dim() == 3 for each in found):
            raise ValueError("no statistics of tokens")
        return found if kept["made_with"] == made_with else None
    except Exception:  # what a damaged file can raise has no end
        print(f"{path} is damaged and made anew")
        return None


def _keep(content: dict, path: Path) -> None:
    """Write a file in one piece; go on without it where that fails."""
    try:
        with replacing(path) as file:
            torch.save(content, file)
    except OSError as error:
        print(f"Not kept: {error}")


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
    dataset, transform = build_dataset(cfg), build_transform(cfg, is_train=False)
    loader = build_data_loader(cfg, data_source=dataset.train_x, tfm=transform, is_train=False)
    cut_border(loader, dataset)
    return loader


@torch.no_grad()
def _tokens(trainer, loader, blocks: range) -> Iterator[list[Tensor]]:
    encoder = trainer.model.encoder
    for batch in tqdm(loader):
        with watched_blocks(encoder.backbone.model.visual, blocks) as entered:
            encoder.encode_image(batch["img"].to(trainer.device))
        yield entered
