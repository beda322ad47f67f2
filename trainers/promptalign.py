"""PromptAlign: test-time tuning that keeps to the source's tokens (arXiv 2311.01459).

The statistics of the source are those of the pictures that the MaPLe it starts from was trained on.
They are made on first use and kept beside that MaPLe's checkpoint.
"""

from dassl.engine import TRAINER_REGISTRY
from rada.engine import processes
from rada.test_time.episodes import Episodes
from rada.test_time.token_alignment import AlignedEpisodes
from rada.test_time.tuned_at_test import TunedAtTest

from .maple import MaPLe
from .source_statistics import digest, source_statistics


@TRAINER_REGISTRY.register()
class PromptAlign(TunedAtTest, MaPLe):
    """Tunes a trained MaPLe's prompts to each test image, and its tokens to the source's."""

    starts_from = "MaPLe"
    nodes = {
        "PROMPTALIGN": {
            # blocks FROM to TO - 2 are aligned, each with WEIGHT / (TO - FROM): as the authors'
            # program, not as its names say
            "FROM": 0,
            "TO": 3,
            "WEIGHT": 100.0,
        }
    }
    training_only = {"PROMPTALIGN"}

    def check_cfg(self, cfg) -> None:
        """Raises ValueError if no block is aligned."""
        super().check_cfg(cfg)
        own = cfg.TRAINER.PROMPTALIGN
        if not 0 <= own.FROM < own.TO - 1:
            raise ValueError(
                f"TRAINER.PROMPTALIGN.FROM {own.FROM} and TO {own.TO} align no block; "
                "take 0 <= FROM < TO - 1"
            )

    @property
    def blocks(self) -> range:
        """Blocks of the image encoder that are aligned."""
        own = self.cfg.TRAINER.PROMPTALIGN
        return range(own.FROM, own.TO - 1)

    def load_model(self, directory: str, epoch: int | None = None) -> None:
        """Load MaPLe's prompts and the statistics of its training pictures."""
        super().load_model(directory, epoch)
        with processes.first_alone():  # the others find what it keeps
            self.source = source_statistics(self, directory, self.blocks)

    def made_with(self) -> dict[str, str]:
        """Also the statistics that decide an answer."""
        return super().made_with() | {"token statistics": digest(self.source)}

    def build_episodes(self) -> Episodes:
        """Episodes that keep to the source."""
        own = self.cfg.TRAINER.PROMPTALIGN
        setting = self.model, self.tune, self.episode()
        weight = own.WEIGHT / (own.TO - own.FROM)
        return AlignedEpisodes(*setting, self.source, self.blocks, weight)
