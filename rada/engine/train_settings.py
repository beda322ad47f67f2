"""What this project adds to cfg.TRAIN, and its cfg.FEATURES; what of them cannot be."""

from yacs.config import CfgNode

TRAIN = {
    "LOOP": "epochs",  # the toolbox's; or steps: may stop and go on inside an epoch, and torchrun
    "ACCUMULATE": 1,  # pieces that a batch is worked on in, one after the other: less memory
    "ACTIVATION_CHECKPOINTING": False,  # blocks are computed again in the backward pass: still less
    "CLIP_NORM": 0.0,  # largest norm of the gradient of all that is learned; 0: any
    "SAVE_STEPS": 0,  # LOOP steps: save the run every so many steps and minutes; 0: epochs only
    "SAVE_MINUTES": 0.0,
    "HOLD_OUT": 0.02,  # FINAL_MODEL best_val: of the training pictures, if there is no val apart
}
LOOPS = ("epochs", "steps")
FEATURES = {
    "CACHE": False,  # whether image features of fixed views are made once and kept
    "FOLDER": "output/features",  # where; runs may share it
    "AUGMENTATIONS": 1,  # views of a training picture: the test's own, or more of the training's
}


def require_possible(train: CfgNode, batch_divides: bool, processes: int) -> None:
    """Raise ValueError for settings of cfg.TRAIN that do not exist or do not go together.

    Args:
        train: cfg.TRAIN.
        batch_divides: whether the method's gradient of a batch is the mean of its parts'.
        processes: of this run.
    """
    by_steps = train.LOOP == "steps"
    if train.LOOP not in LOOPS:
        raise ValueError(f'TRAIN.LOOP is one of {", ".join(LOOPS)}; got "{train.LOOP}"')
    if train.ACCUMULATE < 1:
        raise ValueError(f"TRAIN.ACCUMULATE must be 1 or more, got {train.ACCUMULATE}")
    for key in ("CLIP_NORM", "SAVE_STEPS", "SAVE_MINUTES"):
        if not train[key] >= 0:
            raise ValueError(f"TRAIN.{key} must be 0 or more, got {train[key]}")
    if not 0 < train.HOLD_OUT < 1:
        raise ValueError(f"TRAIN.HOLD_OUT must be between 0 and 1, got {train.HOLD_OUT}")
    for key in ("SAVE_STEPS", "SAVE_MINUTES"):
        if train[key] and not by_steps:
            raise ValueError(f"nothing reads TRAIN.{key} unless TRAIN.LOOP is steps; set it, too")
    if processes > 1 and not by_steps:
        raise ValueError(f"{processes} processes need TRAIN.LOOP steps; set it, or start one")
    if not batch_divides and (processes > 1 or train.ACCUMULATE > 1):
        raise ValueError(
            "this method's gradient is not the mean over parts of a batch; train it in one process "
            "with TRAIN.ACCUMULATE 1"
        )


def require_views(features: CfgNode) -> None:
    """Raise ValueError if cfg.FEATURES asks for no view, or for views that nothing makes."""
    if features.AUGMENTATIONS < 1:
        raise ValueError(f"FEATURES.AUGMENTATIONS must be 1 or more, got {features.AUGMENTATIONS}")
    if features.AUGMENTATIONS > 1 and not features.CACHE:
        raise ValueError(
            "nothing reads FEATURES.AUGMENTATIONS unless FEATURES.CACHE is True; set it, too"
        )
