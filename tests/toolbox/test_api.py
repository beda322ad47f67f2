"""What plugins of Dassl import and use exists, and importing it is light."""

import importlib
import operator
import subprocess
import sys

import dassl
from dassl.engine import build_trainer
from rada.toolbox import BUNDLED

HEAVY = ("sklearn", "tensorboard", "tabulate")


def test_every_import_of_known_plugins_works(golden):
    for dotted in golden("dassl_api_usage.json")["imports"]:
        module, name = dotted.rsplit(".", 1)
        assert hasattr(importlib.import_module(module), name), dotted


def test_every_attribute_that_known_plugins_use_exists(golden, cfg):
    trainer = build_trainer(cfg)
    trainer.num_batches = trainer.batch_idx = 0  # exist while an epoch runs
    trainer.optim = trainer.sched = None  # a plugin's own
    dm = trainer.dm
    for dotted in golden("dassl_api_usage.json")["trainer_attributes"]:
        owner, path = dotted.split(".", 1)
        if owner == "*":
            owner = "dm" if path.startswith("dataset") else "trainer"
        found = {"dm": dm, "dataset": dm.dataset}.get(owner, trainer)
        operator.attrgetter(path)(found)  # raises if there is none


def test_version_and_mark():
    assert (dassl.__version__, dassl.__bundled__) == ("0.6.3", True)


def test_heavy_packages_are_imported_only_where_used():
    code = (
        f"import sys; sys.path.insert(0, {BUNDLED!r}); import dassl.engine, dassl.config; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
