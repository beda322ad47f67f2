"""What the toolbox's own keys may be, and what they do; their defaults are Dassl's.

Keys of Dassl's own methods (cfg.TRAINER.MCD and so on) are not here: nothing of this project reads
them, and their type is all that is asked of them.
"""

from rada.kinds import Flag, Number, OneOf, PathText, Several, Text, Whole
from rada.settings.setting import Setting

NATURAL, FROM_ONE = Whole(least=0), Whole(least=1)
SHARE, NOT_NEGATIVE, POSITIVE = Number(least=0, most=1), Number(least=0), Number(above=0)
RATE = Number(least=0, most=1000)
DECAY = Number(least=0, below=1)
NAMES = Several(Text("a name"))
TRANSFORMS = (
    *("random_translation", "random_crop", "random_resized_crop", "random_flip"),
    *("imagenet_policy", "cifar10_policy", "svhn_policy", "randaugment", "randaugment_fixmatch"),
    *("randaugment2", "colorjitter", "randomgrayscale", "gaussian_blur", "cutout", "normalize"),
    *("gaussian_noise", "instance_norm", "center_crop"),
)
SAMPLERS = (
    *("RandomSampler", "SequentialSampler", "RandomDomainSampler", "SeqDomainSampler"),
    "RandomClassSampler",
)


def wrong_with_range(ends: tuple) -> str:
    """What is wrong with the two ends of a range; empty: nothing."""
    return "" if ends[0] <= ends[1] else "the first is more than the second"


def wrong_if_empty(values: tuple) -> str:
    """What is wrong with no values at all; empty: nothing."""
    return "" if values else "there is none"


INPUT = {
    "SIZE": (
        Several(Whole(least=1, most=10_000), (2,)),
        "height and width of the pictures that CLIP sees, pixels",
    ),
    "INTERPOLATION": (OneOf(("bilinear", "bicubic", "nearest")), "how pictures are resized"),
    "TRANSFORMS": (Several(OneOf(TRANSFORMS)), "steps from a picture to the model's input"),
    "NO_TRANSFORM": (Flag(), "loaders give PIL images"),
    "PIXEL_MEAN": (Several(Number(), (3,)), "what normalize takes off, by channel, of 0 to 1"),
    "PIXEL_STD": (Several(POSITIVE, (3,)), "what normalize divides by, by channel"),
    "CROP_PADDING": (Whole(least=0, most=10_000), "random_crop: pixels around the picture"),
    "RRCROP_SCALE": (
        Several(Number(above=0, most=1), (2,), wrong_with_range),
        "random_resized_crop, and views at test time: least and greatest part of a picture",
    ),
    "CUTOUT_N": (Whole(least=1, most=1000), "cutout: squares"),
    "CUTOUT_LEN": (FROM_ONE, "cutout: their side, pixels"),
    "GN_MEAN": (Number(), "gaussian_noise: mean"),
    "GN_STD": (NOT_NEGATIVE, "gaussian_noise: standard deviation"),
    "RANDAUGMENT_N": (Whole(least=1, most=100), "randaugment: operations a picture"),
    "RANDAUGMENT_M": (Whole(least=0, most=30), "randaugment: their strength"),
    "COLORJITTER_B": (NOT_NEGATIVE, "colorjitter: brightness"),
    "COLORJITTER_C": (NOT_NEGATIVE, "colorjitter: contrast"),
    "COLORJITTER_S": (NOT_NEGATIVE, "colorjitter: saturation"),
    "COLORJITTER_H": (Number(least=0, most=0.5), "colorjitter: hue"),
    "RGS_P": (SHARE, "randomgrayscale: probability"),
    "GB_P": (SHARE, "gaussian_blur: probability"),
    "GB_K": (Whole(least=1, most=999, odd=True), "gaussian_blur: side of the kernel, pixels"),
}

DATASET = {
    "ROOT": (PathText("a folder"), "where all datasets are"),
    "NAME": (Text("a dataset"), "class of the dataset"),
    "SOURCE_DOMAINS": (NAMES, "domains to train on; read by Dassl's datasets of domains"),
    "TARGET_DOMAINS": (NAMES, "domains to test on; the same"),
    "NUM_LABELED": (Whole(), "semi-supervised: labelled pictures in total; below 0: all"),
    "NUM_SHOTS": (Whole(), "training pictures a class; below 1: all"),
    "VAL_PERCENT": (
        SHARE,
        "part of the training pictures that validates; some of Dassl's datasets",
    ),
    "STL10_FOLD": (Whole(least=-1, most=9), "fold of STL-10; -1: none"),
    "CIFAR_C_TYPE": (Text(), "corruption of CIFAR-C"),
    "CIFAR_C_LEVEL": (Whole(least=1, most=5), "its strength"),
    "ALL_AS_UNLABELED": (Flag(), "labelled pictures are unlabelled ones, too"),
}

LOADER = {
    "SAMPLER": (OneOf(SAMPLERS), "order of the pictures"),
    "BATCH_SIZE": (Whole(least=1, most=1_000_000), "pictures a batch"),
    "N_DOMAIN": (NATURAL, "domains a batch of RandomDomainSampler; 0: all"),
    "N_INS": (FROM_ONE, "pictures a class in a batch of RandomClassSampler"),
}

DATALOADER = {
    "NUM_WORKERS": (Whole(least=0, most=1024), "processes that read pictures; 0: the run's own"),
    "K_TRANSFORMS": (Whole(least=1, most=1000), "augmented versions of each training picture"),
    "RETURN_IMG0": (Flag(), "also give the picture without augmentation"),
    "TRAIN_X": LOADER,
    "TRAIN_U": {"SAME_AS_X": (Flag(), "unlabelled pictures come as labelled ones do")} | LOADER,
    "TEST": {name: LOADER[name] for name in ("SAMPLER", "BATCH_SIZE")},
}

MODEL = {
    "INIT_WEIGHTS": (
        PathText("a file, or empty"),
        "checkpoint that the learned tensors start from",
    ),
    "BACKBONE": {
        "NAME": (PathText("a backbone, or a file"), "CLIP: its name, or its checkpoint"),
        "PRETRAINED": (Flag(), "read by Dassl's own networks"),
    },
    "HEAD": {
        "NAME": (Text(), "head of Dassl's own networks"),
        "HIDDEN_LAYERS": (Several(FROM_ONE), "units of its layers"),
        "ACTIVATION": (Text(), "function between them"),
        "BN": (Flag(), "whether they have batch normalisation"),
        "DROPOUT": (DECAY, "share of the units left out in training"),
    },
}

OPTIM = {
    "NAME": (OneOf(("adam", "amsgrad", "sgd", "rmsprop", "radam", "adamw")), "optimiser"),
    "LR": (RATE, "learning rate"),
    "WEIGHT_DECAY": (RATE, "weight decay"),
    "MOMENTUM": (DECAY, "sgd, rmsprop: momentum"),
    "SGD_DAMPNING": (SHARE, "sgd: dampening of the momentum"),
    "SGD_NESTEROV": (Flag(), "sgd: Nesterov's momentum"),
    "RMSPROP_ALPHA": (DECAY, "rmsprop: decay of the mean square"),
    "ADAM_BETA1": (DECAY, "adam and its kin: decay of the mean"),
    "ADAM_BETA2": (DECAY, "adam and its kin: decay of the mean square"),
    "STAGED_LR": (Flag(), "layers not in NEW_LAYERS learn at BASE_LR_MULT * LR"),
    "NEW_LAYERS": (NAMES, "layers that learn at LR"),
    "BASE_LR_MULT": (RATE, "see STAGED_LR"),
    "LR_SCHEDULER": (OneOf(("single_step", "multi_step", "cosine")), "schedule of the rate"),
    "STEPSIZE": (
        Several(Whole(least=-1), (), wrong_if_empty),
        "epochs between (single_step), or of (multi_step), its drops; -1: MAX_EPOCH",
    ),
    "GAMMA": (Number(above=0, most=1), "factor of each drop"),
    "MAX_EPOCH": (Whole(least=1, most=1_000_000), "epochs of training"),
    "WARMUP_EPOCH": (Whole(least=-1), "epochs of warm-up; below 1: none"),
    "WARMUP_TYPE": (OneOf(("linear", "constant")), "how the rate starts"),
    "WARMUP_CONS_LR": (RATE, "constant: the rate meanwhile"),
    "WARMUP_MIN_LR": (RATE, "linear: the rate at its beginning"),
    "WARMUP_RECOUNT": (Flag(), "after it the schedule starts at its first epoch"),
}

TRAIN = {
    "CHECKPOINT_FREQ": (
        Whole(least=-1),
        "epochs between checkpoints that are kept; below 1: the last only",
    ),
    "PRINT_FREQ": (FROM_ONE, "batches between log lines"),
    "COUNT_ITER": (
        OneOf(("train_x", "train_u", "smaller_one")),
        "what makes an epoch of Dassl's TrainerXU",
    ),
}

TEST = {
    "EVALUATOR": (Text("an evaluator"), "what makes the metrics"),
    "PER_CLASS_RESULT": (Flag(), "log the accuracy of each class"),
    "COMPUTE_CMAT": (Flag(), "save the confusion matrix, cmat.pt"),
    "NO_TEST": (Flag(), "a training does not test"),
    "SPLIT": (OneOf(("test", "val")), "what is tested on"),
    "FINAL_MODEL": (OneOf(("last_step", "best_val")), "the last epoch's, or the best one on val"),
}

KEYS = {
    "VERSION": (Whole(), "of the config"),
    "OUTPUT_DIR": (
        PathText("a folder", wrong=lambda path: "" if path.strip() else "it is empty"),
        "where the run writes",
    ),
    "RESUME": (PathText("a folder, or empty"), "where a run to go on with is"),
    "SEED": (Whole(most=2**32 - 1), "of all that is random; below 0: none"),
    "USE_CUDA": (Flag(), "use a GPU if there is one"),
    "VERBOSE": (Flag(), "say more in the log"),
    "INPUT": INPUT,
    "DATASET": DATASET,
    "DATALOADER": DATALOADER,
    "MODEL": MODEL,
    "OPTIM": OPTIM,
    "TRAINER": {"NAME": (Text("a trainer"), "class of the trainer")},
    "TRAIN": TRAIN,
    "TEST": TEST,
}


def as_settings(node: dict) -> dict:
    """A node of kinds and lines of help as settings; their defaults are Dassl's."""
    return {
        key: as_settings(value) if isinstance(value, dict) else Setting(None, value[1], value[0])
        for key, value in node.items()
    }


TOOLBOX = as_settings(KEYS)
