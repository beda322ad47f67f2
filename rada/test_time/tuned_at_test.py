"""Trainers that learn from each test picture alone, while they test (docs/test_time.md)."""

import hashlib
from pathlib import Path

from yacs.config import CfgNode

from dassl.data import DataManager
from rada.data.data import cut_borders
from rada.engine import distributed
from rada.engine.optim import require_unread
from rada.experiments.file import read_results
from rada.test_time.episode_settings import SETTINGS, check_settings, kept, optimizer_of
from rada.test_time.episodes import Episode, Episodes
from rada.test_time.long_test import LongTest
from rada.test_time.views import ReproducibleWrapper, Views, root_of


class TunedAtTest(LongTest):
    """Mixin for a `CLIPTrainer` whose encoder is a `PromptEncoder`.

    Attributes:
        starts_from: name of the trainer whose checkpoint it loads; empty if it starts from words.
        tune: what moves, of "prompt" and "mask".
    """

    starts_from = ""
    tune: tuple[str, ...] = ("prompt",)

    @classmethod
    def extend_cfg(cls, cfg: CfgNode) -> None:
        """Add the method's nodes and the numbers of an episode."""
        super().extend_cfg(cfg)
        for name, value in SETTINGS.items():
            cfg.TEST[name] = CfgNode(value) if isinstance(value, dict) else value

    def check_cfg(self, cfg: CfgNode) -> None:
        """Raises ValueError for numbers that make no episode, or settings that nothing reads."""
        super().check_cfg(cfg)
        why = f"{cfg.TRAINER.NAME} learns at test time only"
        require_unread(cfg.OPTIM, why, "TEST.OPTIM", cfg.TEST.OPTIM)
        check_settings(cfg)

    def training_processes(self) -> int:
        """One: a test has no need of TRAIN.LOOP steps."""
        return 1

    def build_data_loader(self) -> None:
        """Dassl's loaders, with views of each test picture; as many at a time as episodes."""
        cfg = self.cfg.clone()
        cfg.defrost()
        cfg.DATALOADER.TEST.BATCH_SIZE = cfg.TEST.EPISODES
        with distributed.main_process_first():  # datasets make files on first use
            self.dm = dm = DataManager(
                cfg, custom_tfm_test=Views(cfg), dataset_wrapper=ReproducibleWrapper
            )
        self.train_loader_x, self.train_loader_u = dm.train_loader_x, dm.train_loader_u
        self.val_loader, self.test_loader = dm.val_loader, dm.test_loader
        self.num_classes, self.lab2cname = dm.num_classes, dm.lab2cname
        self.num_source_domains = dm.num_source_domains
        cut_borders(dm)
        root = cfg.DATASET.ROOT
        for loader in filter(None, (dm.val_loader, dm.test_loader)):
            loader.dataset.root = root_of(getattr(dm.dataset, "dataset_dir", root), root)

    def by_trained_names(self) -> bool:
        """Raises ValueError if it is asked for: an episode knows no classes of several names."""
        if super().by_trained_names() and hasattr(self.dm.dataset, "trained_names"):
            name = self.cfg.TRAINER.NAME
            raise ValueError(f"{name} has no DATASET.TRAINED_NAMES; set it to False")
        return False

    def why_anew(self) -> str:
        """FEATURES.CACHE holds one view of a test picture."""
        return "it learns from many views of a test picture"

    def record(self) -> dict[str, dict]:
        """A checkpoint fits if it is of the trainer that this one starts from."""
        record = super().record()
        record["model"]["TRAINER.NAME"] = self.starts_from
        return record

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load what is tuned from; see `LearnedCheckpoints`."""
        name = self.cfg.TRAINER.NAME
        if directory and not self.starts_from:
            if trainer_of(directory) != name:  # base-to-new hands on the folder of the first half
                raise ValueError(f"{name} starts from words, not from a model; omit --model-dir")
            print(f"{name} starts from words: nothing is loaded")
            return
        if self.starts_from and not directory:
            raise ValueError(f"{name} starts from a trained {self.starts_from}: give --model-dir")
        super().load_model(directory, epoch)

    def train(self) -> None:
        """Nothing to do before the test."""
        if self.starts_from:
            raise ValueError(
                f"{self.cfg.TRAINER.NAME} tunes a trained {self.starts_from} at test time; train "
                f"{self.starts_from}, then give its folder: --eval-only --model-dir FOLDER"
            )
        print("Nothing to train before the test")
        self.test()

    def build_episodes(self) -> Episodes:
        """What adapts the model as it is now."""
        return Episodes(self.model, self.tune, self.episode())

    def episode(self) -> Episode:
        """How one image is learned from."""
        test = self.cfg.TEST
        return Episode(kept(test), test.STEPS, optimizer_of(test.OPTIM))

    def digest(self) -> str:
        """sha256 of the tensors that episodes start from."""
        digest = hashlib.sha256()
        for module in (self.model.encoder.prompt_learner, self.model.head):
            for tensor in module.state_dict().values():
                digest.update(tensor.detach().cpu().numpy().tobytes())
        return digest.hexdigest()


def trainer_of(directory: str) -> str:
    """The trainer whose finished run a folder holds; empty if there is none."""
    path = Path(directory, "results.json")
    return read_results(path).get("trainer", "") if path.is_file() else ""
