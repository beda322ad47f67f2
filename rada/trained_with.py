"""A test's options, compared with what its training was made with. Free of PyTorch."""

from pathlib import Path
from typing import Any

from rada.kinds import decoded, shown
from rada.results_json import read_results

# what a test may set otherwise: which pictures it is of, how they are read, what is measured
AT_TEST = ("TEST", "DATASET", "INPUT", "FEATURES", "DATALOADER.TEST", "DATALOADER.NUM_WORKERS")
AT_TEST += ("DATALOADER.K_TRANSFORMS", "DATALOADER.RETURN_IMG0", "OUTPUT_DIR", "RESUME")
AT_TEST += ("USE_CUDA", "VERBOSE", "VERSION", "SEED", "MODEL.BACKBONE.NAME")
PRECISIONS = ("PREC", "FORM")  # of a trainer: how it is computed, not what


def require_trained_with(trainer: str, opts: list[str], model_dir: str | Path) -> None:
    """Make sure that a test does not ask for a training that did not take place.

    Args:
        trainer: of the test; the training of another one has other settings.
        opts: KEY VALUE ... of the test.
        model_dir: of the training; without readable results nothing is known of it.

    Raises:
        ValueError: naming the first option that the training had otherwise.
    """
    path = Path(model_dir, "results.json")
    if not path.is_file():
        return
    trained = read_results(path)
    if trained.get("trainer") != trainer:
        return
    for key, asked in zip(opts[::2], opts[1::2], strict=False):
        had = setting_of(trained.get("cfg"), key)
        if had is None or may_differ(key) or same(had, asked):
            continue
        raise ValueError(
            f"{key} is {shown(asked)}, and {model_dir} was trained with {shown(had)}; give its "
            "test the same options, or train it with these into another folder"
        )


def may_differ(key: str) -> bool:
    """Whether a test may set a key otherwise than its training."""
    below = any(key == name or key.startswith(f"{name}.") for name in AT_TEST)
    return below or (key.startswith("TRAINER.") and key.rpartition(".")[2] in PRECISIONS)


def setting_of(cfg: Any, key: str) -> Any:
    """What a config, nested dicts, has under a dotted key; None if nothing."""
    for part in key.split("."):
        if not isinstance(cfg, dict) or part not in cfg:
            return None
        cfg = cfg[part]
    return None if isinstance(cfg, dict) else cfg


def same(had: Any, asked: str) -> bool:
    """Whether text from a command line stands for a value of a config."""
    wanted = asked if isinstance(had, str) else decoded(asked)
    if isinstance(wanted, tuple | list) and isinstance(had, tuple | list):
        return list(wanted) == list(had)
    return wanted == had
