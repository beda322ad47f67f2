"""What this project adds to Dassl's config, but the trainers' own nodes, which they declare."""

from dataclasses import replace

from dassl.config import get_cfg_default
from rada.kinds import Number
from rada.settings.setting import (
    choice,
    flag,
    number,
    path,
    setting_of,
    several,
    whole,
    with_defaults,
)
from rada.settings.toolbox import TOOLBOX

# cfg.DATASET, beside Dassl's
DATASET = {
    "SUBSAMPLE_CLASSES": choice("all", "which half of the classes", "all", "base", "new"),
    "CHECK_PICTURES": flag(True, "decode every picture once before it is used"),
    "TRAINED_NAMES": flag(False, "ObjectNet: classes go by ImageNet's names, joined"),
    "SHOTS_AT_TEST": flag(False, "whether --eval-only sees labelled pictures of new classes"),
    "EVAL_ONLY": flag(False, "set by --eval-only: training pictures are not used"),
}
TRAIN = {
    "LOOP": choice(
        "epochs", "steps: may stop and go on inside an epoch, and torchrun", "epochs", "steps"
    ),
    "ACCUMULATE": whole(
        1,
        "pieces that a batch is worked on in, one after the other: less memory",
        least=1,
        most=1_000_000,
    ),
    "ACTIVATION_CHECKPOINTING": flag(
        False, "blocks are computed again in the backward pass: still less"
    ),
    "CLIP_NORM": number(
        0.0, "largest norm of the gradient of all that is learned; 0: any", least=0
    ),
    "SAVE_STEPS": whole(0, "LOOP steps: steps between saves of the run; 0: epochs only", least=0),
    "SAVE_MINUTES": number(0.0, "the same in minutes", least=0),
    "HOLD_OUT": number(
        0.02,
        "FINAL_MODEL best_val: part of the training pictures, if there is no val apart",
        above=0,
        below=1,
    ),
}
# further keys of every OPTIM node
BY_STEPS = {
    "WARMUP_STEPS": whole(
        -1, "steps of warm-up of a schedule by steps; below 0: it goes by epochs", least=-1
    )
}
MIXED = {
    "WISE_FT": several(
        (), "coefficients of mixtures, 0: the start, 1: what was learned", Number(least=0, most=1)
    )
}
FEATURES = {
    "CACHE": flag(False, "image features of fixed views are made once and kept"),
    "FOLDER": path("output/features", "where; runs may share it"),
    "AUGMENTATIONS": whole(
        1,
        "views of a training picture: the test's own, or more of the training's",
        least=1,
        most=10_000,
    ),
}

# what every run of a trainer of this project has
EVERY_RUN = {"TRAIN": TRAIN, "OPTIM": BY_STEPS, "TEST": MIXED, "FEATURES": FEATURES}


def own_optim(**recipe) -> dict:
    """Settings of an OPTIM node beside the run's own: Dassl's with the defaults of a recipe.

    It has no MAX_EPOCH: the number of epochs is the run's.
    """
    kinds = TOOLBOX["OPTIM"]
    optim = {
        key: replace(setting_of(kinds.get(key, default)), default=default)
        for key, default in get_cfg_default().OPTIM.items()
    }
    del optim["MAX_EPOCH"]
    return with_defaults(optim | BY_STEPS, **recipe)


# there is no schedule, and all that is tuned has one rate
UNREAD = ("LR_", "WARMUP_", "STEPSIZE", "GAMMA", "STAGED_LR", "NEW_LAYERS", "BASE_LR_MULT")
RECIPE = own_optim(NAME="adamw", LR=5e-3, WEIGHT_DECAY=0.01)

# TPT's numbers (Shu et al., arXiv 2209.07511)
EPISODE = {
    "VIEWS": whole(64, "views of each test picture, itself among them", least=1, most=100_000),
    "KEEP": number(
        0.1, "part of the views that is learned from, those of lowest entropy", above=0, most=1
    ),
    "STEPS": whole(1, "steps on each test picture", least=0, most=1_000_000),
    "AUGMIX": choice(
        "auto", "mix views by AugMix; auto: off on ImageNet and its shifts", "auto", "on", "off"
    ),
    "EPISODES": whole(
        8, "pictures at a time, each with its own copy of what is tuned", least=1, most=1_000_000
    ),
    "OPTIM": {key: value for key, value in RECIPE.items() if not key.startswith(UNREAD)},
}
