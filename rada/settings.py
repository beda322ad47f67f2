"""What this project adds to Dassl's config: the defaults of every key but the trainers' own.

Free of PyTorch, so that a mistyped key is told at once.
"""

from dassl.config import get_cfg_default

# cfg.DATASET, beside Dassl's
DATASET = {
    "SUBSAMPLE_CLASSES": "all",  # all, base or new
    "CHECK_PICTURES": True,  # decode every picture once before it is used
    "TRAINED_NAMES": False,  # ObjectNet: ImageNet's class names, joined
    "SHOTS_AT_TEST": False,  # whether --eval-only sees labelled pictures of new classes
    "EVAL_ONLY": False,  # set by --eval-only: training pictures are not used
}
# cfg.TRAIN
TRAIN = {
    "LOOP": "epochs",  # the toolbox's; or steps: may stop and go on inside an epoch, and torchrun
    "ACCUMULATE": 1,  # pieces that a batch is worked on in, one after the other: less memory
    "ACTIVATION_CHECKPOINTING": False,  # blocks are computed again in the backward pass: still less
    "CLIP_NORM": 0.0,  # largest norm of the gradient of all that is learned; 0: any
    "SAVE_STEPS": 0,  # LOOP steps: save the run every so many steps and minutes; 0: epochs only
    "SAVE_MINUTES": 0.0,
    "HOLD_OUT": 0.02,  # FINAL_MODEL best_val: of the training pictures, if there is no val apart
}
# further keys of every OPTIM node; 0 or more: a schedule by steps (`rada.engine.optim`)
BY_STEPS = {"WARMUP_STEPS": -1}
# cfg.TEST: coefficients of mixtures, 0 is the start, 1 what was learned; none: no mixture
MIXED = {"WISE_FT": ()}
# cfg.FEATURES
FEATURES = {
    "CACHE": False,  # whether image features of fixed views are made once and kept
    "FOLDER": "output/features",  # where; runs may share it
    "AUGMENTATIONS": 1,  # views of a training picture: the test's own, or more of the training's
}


def own_optim(**recipe) -> dict:
    """Defaults of an OPTIM node beside the run's own: Dassl's with a recipe.

    It has no MAX_EPOCH: the number of epochs is the run's.
    """
    optim = dict(get_cfg_default().OPTIM) | BY_STEPS
    del optim["MAX_EPOCH"]
    return optim | recipe


# there is no schedule, and all that is tuned has one rate
UNREAD = ("LR_", "WARMUP_", "STEPSIZE", "GAMMA", "STAGED_LR", "NEW_LAYERS", "BASE_LR_MULT")
RECIPE = own_optim(NAME="adamw", LR=5e-3, WEIGHT_DECAY=0.01)

# TPT's numbers (Shu et al., arXiv 2209.07511)
EPISODE = {
    "VIEWS": 64,  # of each picture, itself among them
    "KEEP": 0.1,  # of the views, those of lowest entropy
    "STEPS": 1,
    "AUGMIX": "auto",  # on, off; auto: off on ImageNet and its shifts
    "EPISODES": 8,  # pictures at a time, each with its own copy of what is tuned
    "OPTIM": {key: value for key, value in RECIPE.items() if not key.startswith(UNREAD)},
}


def known_keys() -> set[str]:
    """All dotted keys but those below TRAINER, which belong to the trainers, and DATASET.CUSTOM."""
    nodes: dict[str, dict] = {
        **get_cfg_default(),
        "FEATURES": FEATURES,
    }
    for name, more in (("DATASET", DATASET), ("TRAIN", TRAIN), ("OPTIM", BY_STEPS)):
        nodes[name] = {**nodes[name], **more}
    nodes["TEST"] = {**nodes["TEST"], **MIXED, **EPISODE}
    return set(_dotted(nodes))


def _dotted(node: dict, prefix: str = "") -> list[str]:
    found = []
    for key, value in node.items():
        inside = isinstance(value, dict)
        found += _dotted(value, f"{prefix}{key}.") if inside else [f"{prefix}{key}"]
    return found
