"""One run of a protocol: its folder, its options, the command that makes it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from rada import rehearsal
from rada.data.families import DEFAULT_SOURCE, SHIFTS
from rada.experiments.finished import is_finished
from rada.experiments.protocols import (
    ADAPTED,
    MIXED,
    PARTS,
    SET_BY_SCRIPTS,
    SHIFTED,
    SOURCE,
    TARGET,
    TRAINED_NAMES,
    protocol_of,
    run_folder,
)
from rada.kinds import printable
from rada.trained_with import require_trained_with


def source() -> str:
    """What a transfer is trained on."""
    return os.environ.get("SOURCE") or DEFAULT_SOURCE


def rehearsal_apart() -> None:
    """Let OUTPUT of a rehearsal be a folder of its own, for this process and those it starts.

    Raises:
        ValueError: if REHEARSE is neither 1 nor 0 nor unset.
    """
    output = Path(os.environ.get("OUTPUT") or "output")
    if rehearsal.asked() and output.name != "rehearsal":
        output /= "rehearsal"
        os.environ["OUTPUT"] = str(output)
        os.environ.setdefault("REHEARSE_ROOT", str(output / "data"))
        print(f"Rehearsal: results go to {output}; their numbers mean nothing", flush=True)


def experiment(protocol: str) -> Path:
    """The folder of a protocol. Each source of a model has its own: tests do not name theirs."""
    own = protocol in ("transfer", "test_time") and source() != DEFAULT_SOURCE
    name = f"{protocol}_from_{source()}" if own else protocol
    return Path(os.environ.get("OUTPUT") or "output", name)


@dataclass(frozen=True)
class Task:
    """What is to be trained or tested; `rada.experiments.planning` makes it.

    Raises:
        ValueError: in one line, for what the protocol does not have.
    """

    part: str  # a key of PARTS
    dataset: str
    seed: int
    trainer: str
    config: str
    shots: int
    opts: list[str] = field(default_factory=list)  # KEY VALUE ... for train.py
    training: Task | None = None  # of the model it tests; None if it tests no trained one
    coefficients: str = ""  # TEST.WISE_FT of a mixture

    def __post_init__(self):
        if len(self.opts) % 2:
            raise ValueError(f"options are pairs KEY VALUE, got: {printable(' '.join(self.opts))}")
        for key, value in zip(self.opts[::2], self.opts[1::2], strict=True):
            if key in SET_BY_SCRIPTS:
                setting = SET_BY_SCRIPTS[key]
                raise ValueError(
                    f"set {setting}={value} instead of {key}"
                    if setting
                    else f"{key} is set by the script"
                )
        if self.part == TARGET and self.dataset == source():
            raise ValueError(f"{self.dataset} is the source: choose another dataset to test on")
        if self.part not in (TARGET, ADAPTED, SHIFTED, MIXED) and self.dataset in SHIFTS:
            raise ValueError(
                f"{self.dataset} is a shift of imagenet, for tests only; "
                "see scripts/rada/domain_generalization.sh"
            )

    @property
    def folder(self) -> Path:
        """Where its results go."""
        names = (self.dataset, self.shots, self.trainer, self.config, self.seed)
        return experiment(protocol_of(self.part)) / run_folder(PARTS[self.part], *names)

    @property
    def options(self) -> list[str]:
        """KEY VALUE ... for train.py."""
        classes = PARTS[self.part].classes
        given = ["DATASET.NUM_SHOTS", str(self.shots), "DATASET.SUBSAMPLE_CLASSES", classes]
        given += TRAINED_NAMES if self.part in (SHIFTED, MIXED) else ()
        if self.part == MIXED:
            given += ["TEST.WISE_FT", self.coefficients]
        return given + self.opts

    def words(self) -> list[str]:
        """What its script takes."""
        dataset = [] if self.part == SOURCE else [self.dataset]
        return [*dataset, str(self.seed), self.trainer, *self.opts]

    def script(self) -> list[str]:
        """The command line of the script that does it, in the environment it was made in."""
        return ["bash", PARTS[self.part].script, *self.words()]

    def train_arguments(self) -> list[str]:
        """CoOp's command line of train.py."""
        arguments = {
            "--root": os.environ.get("DATA") or "./data",
            "--seed": str(self.seed),
            "--trainer": self.trainer,
            "--dataset-config-file": f"configs/datasets/{self.dataset}.yaml",
            "--config-file": f"configs/trainers/{self.trainer}/{self.config}.yaml",
            "--output-dir": str(self.folder),
        }
        words = [word for pair in arguments.items() for word in pair]
        if self.training:
            words += ["--model-dir", str(self.training.folder), "--eval-only"]
        return words + self.options

    def has_results(self) -> bool:
        """Whether something finished lies in its folder."""
        return (self.folder / "results.json").is_file()

    def finished(self) -> bool:
        """Whether it is done, with these options.

        Raises:
            ValueError: if its folder, or that of its training, holds something else.
        """
        trained = self.training.folder if self.training and self.training.has_results() else None
        if trained:
            require_trained_with(self.trainer, self.opts, trained)
        return is_finished(self.folder, self.options, trained, rehearsal.asked())
