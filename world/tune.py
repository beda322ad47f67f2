"""Choose the settings of configs/trainers/*/world.yaml: python -m world.tune

Equal grids, six settings a method, fixed before any method was compared. Only one set is looked at,
blueprints, rendered with a seed of its own, and few-shot seeds that no table uses. What counts is
the harmonic mean of base and new accuracy, averaged over the seeds; docs/world.md has the result.
"""

import argparse
import contextlib
import io
import json
import tempfile
from pathlib import Path

from toolbox import use_dassl

SEEDS = (11, 12, 13)
EPOCHS = ("20", "50")
BLUEPRINTS = ("DATASET.NAME", "BlueprintsTuning", "DATASET.NUM_SHOTS", "16")
MASK_RATES = ("0.0003", "0.001", "0.003")


def grids(context_rate: str) -> dict[str, list[tuple[str, ...]]]:
    """Six settings for each method as KEY VALUE options.

    RAdaCoOp trains its context at the rate chosen for CoOp, so the mask is the only difference.
    """
    mask = "TRAINER.RADA.OPTIM.LR"
    coop = [
        ("OPTIM.LR", r, "OPTIM.MAX_EPOCH", e) for r in ("0.002", "0.01", "0.05") for e in EPOCHS
    ]
    rada = [(mask, r, "OPTIM.MAX_EPOCH", e) for r in MASK_RATES for e in EPOCHS]
    return {
        "CoOp": coop,
        "RAda": rada,
        "RAdaCoOp": [("OPTIM.LR", context_rate, *setting) for setting in rada],
    }


def register_tuning_set() -> None:
    """Blueprints rendered with a seed that no table uses."""
    from dassl.data.datasets import DATASET_REGISTRY
    from datasets.shapes import Blueprints

    @DATASET_REGISTRY.register()
    class BlueprintsTuning(Blueprints):
        seed = 1000


def accuracy(arguments: list[str]) -> float:
    """Test accuracy, percent, of one call of train.py."""
    import train

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return train.main(arguments).metrics["test/accuracy"]


def score(trainer: str, setting: tuple[str, ...], seed: int, root: str) -> tuple[float, float]:
    """Base and new accuracy of one setting and seed."""
    with tempfile.TemporaryDirectory() as output:
        common = [
            *("--root", root, "--seed", str(seed), "--trainer", trainer),
            *("--config-file", f"configs/trainers/{trainer}/world.yaml"),
        ]
        base, new = (str(Path(output, half)) for half in ("base", "new"))
        options = [*BLUEPRINTS, *setting, "DATASET.SUBSAMPLE_CLASSES"]
        first = accuracy([*common, "--output-dir", base, *options, "base"])
        loaded = ["--output-dir", new, "--model-dir", base, "--eval-only"]
        return first, accuracy([*common, *loaded, *options, "new"])


def main() -> None:
    """Print every setting's numbers and the best setting of each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default="data", help="where pictures are rendered")
    parser.add_argument("--json", help="also write all numbers to this file")
    args = parser.parse_args()
    use_dassl()
    register_tuning_set()
    context_rate, rows = "", []
    for trainer in ("CoOp", "RAda", "RAdaCoOp"):
        best = (-1.0, ())
        for setting in grids(context_rate)[trainer]:
            pairs = [score(trainer, setting, seed, args.root) for seed in SEEDS]
            base, new = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
            mean = sum(2 * b * n / (b + n) for b, n in pairs) / len(pairs)
            rows.append(
                {"trainer": trainer, "setting": setting, "base": base, "new": new, "hm": mean}
            )
            print(
                f"{trainer:9} {' '.join(setting):75} {base:5.1f} {new:5.1f} {mean:6.2f}", flush=True
            )
            best = max(best, (mean, setting))
        print(f"{trainer}: {' '.join(best[1])}", flush=True)
        context_rate = context_rate or best[1][1]
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
