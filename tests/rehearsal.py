"""A real run's command line, to be rehearsed."""

import train
from rada.engine.config import setup_cfg

CTXV1 = "vit_b16_ctxv1"


def command(output, *opts, trainer="RAdaCoOp", dataset="eurosat", arguments=(), config=CTXV1):
    """Arguments of train.py for a real run, as a script gives them."""
    return [
        *("--root", "nowhere", "--output-dir", str(output), "--seed", "1", "--trainer", trainer),
        *("--dataset-config-file", f"configs/datasets/{dataset}.yaml"),
        *("--config-file", f"configs/trainers/{trainer}/{config}.yaml", *arguments),
        *("DATASET.NUM_SHOTS", "2", "DATASET.SUBSAMPLE_CLASSES", "base", *opts),
    ]


def config_of(*arguments, **options):
    return setup_cfg(train.parse_args(command("unused", *arguments, **options)))
