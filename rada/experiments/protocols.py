"""The protocols: the runs each is made of, where they lie, what makes them.

A part of a protocol is one kind of run. It lies in
<output>/<protocol>/<part's folder>/<dataset>/shots_<n>/<trainer>/<config>/seed<N>, where n is "all"
if nothing is left out.
"""

from dataclasses import dataclass
from pathlib import Path

from rada.data.families import DEFAULT_SOURCE, SHIFTS, is_embedded

SOURCE, TARGET = "source", "target"  # parts of the transfer protocol
ADAPTED = "adapted"  # the part of test_time
TUNED, SHIFTED, MIXED = "tuned", "shifted", "mixed"  # parts of full fine-tuning
ALL_SHOTS = -1  # a number of shots: all pictures there are
# options of train.py that the scripts give -> the setting that chooses their value
SET_BY_SCRIPTS = {
    "DATASET.NUM_SHOTS": "SHOTS",
    "DATASET.SUBSAMPLE_CLASSES": "",
    "TEST.WISE_FT": "ALPHAS",
}
# what tests of a fine-tuned model say besides: ObjectNet's classes have ImageNet's names there
TRAINED_NAMES = ("DATASET.TRAINED_NAMES", "True")


@dataclass(frozen=True)
class Part:
    """One kind of run.

    Attributes:
        name: unique among the parts of all protocols.
        folder: below the folder of the protocol.
        classes: its DATASET.SUBSAMPLE_CLASSES.
        script: makes one such run.
        trained_by: name of the part whose model it tests; empty if it trains one itself. At test
            time the trainer says whether it needs one at all.
    """

    name: str
    folder: str
    classes: str
    script: str
    trained_by: str = ""


# protocol -> its parts; a part stands after the one whose model it tests
PROTOCOLS = {
    "base2new": (
        Part("base", "train_base", "base", "scripts/rada/base2new_train.sh"),
        Part("new", "test_new", "new", "scripts/rada/base2new_test.sh", trained_by="base"),
    ),
    "few_shot": (Part("all", "train_all", "all", "scripts/rada/few_shot.sh"),),
    "transfer": (
        Part(SOURCE, "train_source", "all", "scripts/rada/xd_train.sh"),
        Part(TARGET, "test_target", "all", "scripts/rada/xd_test.sh", trained_by=SOURCE),
    ),
    "test_time": (
        Part(ADAPTED, "test_adapted", "all", "scripts/rada/test_time.sh", trained_by=SOURCE),
    ),
    "finetune": (
        Part(TUNED, "train_tuned", "all", "scripts/rada/finetune_train.sh"),
        Part(SHIFTED, "test_shifted", "all", "scripts/rada/finetune_test.sh", trained_by=TUNED),
        Part(MIXED, "test_mixed", "all", "scripts/rada/wise_ft_test.sh", trained_by=TUNED),
    ),
}
PARTS = {part.name: part for parts in PROTOCOLS.values() for part in parts}


def protocol_of(part: str) -> str:
    """The protocol that a part belongs to."""
    return next(name for name, parts in PROTOCOLS.items() if PARTS[part] in parts)


def run_folder(part: Part, dataset: str, shots: int, trainer: str, config: str, seed: int) -> Path:
    """Where a run lies below its protocol's folder."""
    number = "all" if shots == ALL_SHOTS else shots
    return Path(part.folder, dataset, f"shots_{number}", trainer, config, f"seed{seed}")


def protocol_in(directory: Path) -> str | None:
    """The protocol whose runs lie directly below a folder, None if none do.

    Raises:
        ValueError: if there are runs of two.
    """
    found = [
        protocol
        for protocol, parts in PROTOCOLS.items()
        if any((directory / part.folder).is_dir() for part in parts)
    ]
    if len(found) > 1:
        raise ValueError(f"{directory} holds {' and '.join(found)}; give each its own folder")
    return found[0] if found else None


def default_config(dataset: str, protocol: str, configs: list[str]) -> str:
    """The config of a trainer that a run uses unless CFG chooses another.

    It is `world` for the embedded sets and `vit_b16_ctxv1` for all others, with the protocol's
    name behind it (`vit_b16_ctxv1_transfer`) where the trainer has a config of that name. At test
    time `_fine_grained` behind it stands for all datasets but ImageNet and its shifts.

    Args:
        dataset: that the model is trained on, or adapted to.
        protocol: a key of PROTOCOLS.
        configs: names of the trainer's configs.
    """
    name = "world" if is_embedded(dataset) else "vit_b16_ctxv1"
    endings = [protocol]
    if protocol == "test_time" and dataset not in (DEFAULT_SOURCE, *SHIFTS):
        endings.append("fine_grained")
    special = [f"{name}_{ending}" for ending in endings]
    return next((config for config in special if config in configs), name)
