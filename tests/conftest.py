"""Shared by all tests: the import path of the toolbox, one thread, the golden files."""

import json
import os
from pathlib import Path

os.environ.setdefault("DASSL", "bundled")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

from rada.toolbox import use_dassl  # noqa: E402

use_dassl()
# the same draws on every run; `python -m tests.fuzz` looks for new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
torch.set_num_threads(int(os.environ.get("RADA_TEST_THREADS", "1")))
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden():
    """Load a golden file by name: a dict of arrays (and parsed "meta") for .npz, else JSON."""

    def load(name: str):
        path = GOLDEN / name
        if path.suffix == ".json":
            return json.loads(path.read_text())
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
        arrays["meta"] = json.loads(str(arrays["meta"]))
        return arrays

    return load
