"""Defaults of everything but the methods' own settings.

Whether a value is a tuple or a list matters: yacs checks types when a value is replaced.
"""

INPUT = {
    "SIZE": (224, 224),  # height, width
    "INTERPOLATION": "bilinear",
    "TRANSFORMS": (),  # names from dassl.data.transforms.AVAI_CHOICES
    "NO_TRANSFORM": False,  # loaders then give PIL images
    "PIXEL_MEAN": [0.485, 0.456, 0.406],
    "PIXEL_STD": [0.229, 0.224, 0.225],
    "CROP_PADDING": 4,
    "RRCROP_SCALE": (0.08, 1.0),
    "CUTOUT_N": 1,
    "CUTOUT_LEN": 16,
    "GN_MEAN": 0.0,
    "GN_STD": 0.15,
    "RANDAUGMENT_N": 2,
    "RANDAUGMENT_M": 10,
    "COLORJITTER_B": 0.4,
    "COLORJITTER_C": 0.4,
    "COLORJITTER_S": 0.4,
    "COLORJITTER_H": 0.1,
    "RGS_P": 0.2,  # random grey scale
    "GB_P": 0.5,  # Gaussian blur: probability and (odd) kernel size
    "GB_K": 21,
}

DATASET = {
    "ROOT": "",
    "NAME": "",
    "SOURCE_DOMAINS": (),
    "TARGET_DOMAINS": (),
    "NUM_LABELED": -1,  # semi-supervised: labelled pictures in total
    "NUM_SHOTS": -1,  # few-shot: pictures per class; below 1 means all
    "VAL_PERCENT": 0.1,
    "STL10_FOLD": -1,
    "CIFAR_C_TYPE": "",
    "CIFAR_C_LEVEL": 1,
    "ALL_AS_UNLABELED": False,
}

# N_DOMAIN: domains per batch of RandomDomainSampler, 0 for all
# N_INS: pictures per class in a batch of RandomClassSampler
LOADER = {"SAMPLER": "RandomSampler", "BATCH_SIZE": 32, "N_DOMAIN": 0, "N_INS": 16}

DATALOADER = {
    "NUM_WORKERS": 4,
    "K_TRANSFORMS": 1,  # augmented versions of each training picture
    "RETURN_IMG0": False,  # also give the picture without augmentation
    "TRAIN_X": LOADER,
    "TRAIN_U": {"SAME_AS_X": True, **LOADER},
    "TEST": {"SAMPLER": "SequentialSampler", "BATCH_SIZE": 32},
}

MODEL = {
    "INIT_WEIGHTS": "",
    "BACKBONE": {"NAME": "", "PRETRAINED": True},
    "HEAD": {  # none is built without a name or without hidden layers
        "NAME": "",
        "HIDDEN_LAYERS": (),
        "ACTIVATION": "relu",
        "BN": True,
        "DROPOUT": 0.0,
    },
}

OPTIM = {
    "NAME": "adam",
    "LR": 0.0003,
    "WEIGHT_DECAY": 5e-4,
    "MOMENTUM": 0.9,
    "SGD_DAMPNING": 0,
    "SGD_NESTEROV": False,
    "RMSPROP_ALPHA": 0.99,
    "ADAM_BETA1": 0.9,  # of all Adam variants
    "ADAM_BETA2": 0.999,
    "STAGED_LR": False,  # layers not in NEW_LAYERS learn at BASE_LR_MULT * LR
    "NEW_LAYERS": (),
    "BASE_LR_MULT": 0.1,
    "LR_SCHEDULER": "single_step",
    "STEPSIZE": (-1,),  # epochs; not positive: MAX_EPOCH
    "GAMMA": 0.1,
    "MAX_EPOCH": 10,
    "WARMUP_EPOCH": -1,  # not positive: no warm-up
    "WARMUP_TYPE": "linear",  # or constant
    "WARMUP_CONS_LR": 1e-5,
    "WARMUP_MIN_LR": 1e-5,
    "WARMUP_RECOUNT": True,  # the schedule after the warm-up starts at its first epoch
}

TRAIN = {
    "CHECKPOINT_FREQ": 0,  # epochs; not positive: only the last
    "PRINT_FREQ": 10,  # batches
    "COUNT_ITER": "train_x",  # what makes an epoch of TrainerXU: train_x, train_u or smaller_one
}

TEST = {
    "EVALUATOR": "Classification",
    "PER_CLASS_RESULT": False,
    "COMPUTE_CMAT": False,  # confusion matrix, saved to OUTPUT_DIR/cmat.pt
    "NO_TEST": False,
    "SPLIT": "test",  # or val
    "FINAL_MODEL": "last_step",  # or best_val: test on val (else test) after every epoch
}

DEFAULTS = {
    "VERSION": 1,
    "OUTPUT_DIR": "./output",
    "RESUME": "",
    "SEED": -1,  # negative: not fixed
    "USE_CUDA": True,
    "VERBOSE": True,
    "INPUT": INPUT,
    "DATASET": DATASET,
    "DATALOADER": DATALOADER,
    "MODEL": MODEL,
    "OPTIM": OPTIM,
    "TRAIN": TRAIN,
    "TEST": TEST,
}
