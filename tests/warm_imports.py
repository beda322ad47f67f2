"""What every run of train.py imports, for the server of `tests.warm`, which forks the runs."""

import torch.utils.tensorboard  # noqa: F401

import train  # noqa: F401
from rada.toolbox import use_dassl

use_dassl()

from rada.engine import config  # noqa: E402, F401
from rada.engine import registry as trainers_registry  # noqa: E402

trainers_registry.register_all()
