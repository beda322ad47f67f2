"""What every run of train.py imports, for the server of `tests.warm`, which forks the runs."""

import torch.utils.tensorboard  # noqa: F401

import train  # noqa: F401
from toolbox import use_dassl

use_dassl()

import trainers  # noqa: E402
from trainers import config  # noqa: E402, F401

trainers.register_all()
