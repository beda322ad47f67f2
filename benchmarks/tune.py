"""Choose the settings of configs/trainers/*/world.yaml: python -m benchmarks.tune

Equal grids, six settings a method, fixed before any method was compared. Only one set is looked at,
blueprints, rendered with a seed of its own, and few-shot seeds that no table uses. What counts is
the harmonic mean of base and new accuracy, averaged over the seeds; docs/world.md has the result.
RAda versions train their baseline's part as the baseline's grid chose, and their mask at the rate
that RAda's grid chose: the mask is the only difference.
"""

import argparse
import contextlib
import io
import json
import tempfile
from itertools import product
from pathlib import Path

from rada.experiments.columns import harmonic_mean
from rada.toolbox import use_dassl

SEEDS = (11, 12, 13)
EPOCHS = ("20", "50")
BLUEPRINTS = ("DATASET.NAME", "BlueprintsTuning", "DATASET.NUM_SHOTS", "16")
RATE = "OPTIM.LR"
PROMPTS = ("0.002", "0.01", "0.05")  # SGD
ADAPTERS = ("0.0003", "0.001", "0.003")  # Adam
RATES = {
    "CoOp": PROMPTS,
    "RAda": ADAPTERS,
    "RAdaCoOp": ADAPTERS,
    **dict.fromkeys(("CoCoOp", "KgCoOp", "ProGrad", "MaPLe", "IVLP", "PromptSRC"), PROMPTS),
    **dict.fromkeys(("Prompt", "DePTCoOp", "DePTMaPLe", "MMA"), PROMPTS),
    **dict.fromkeys(("CLIPAdapter", "Adapter", "LinearProbe"), ADAPTERS),
}


def grid(trainer: str) -> list[tuple[str, ...]]:
    """Six settings of a method as KEY VALUE options."""
    settings = product(RATES[trainer], EPOCHS)
    return [setting(trainer, rate, epochs) for rate, epochs in settings]


def setting(trainer: str, rate: str, epochs: str) -> tuple[str, ...]:
    """KEY VALUE options; what a method ties to its rate or epochs goes with them."""
    options = ("OPTIM.MAX_EPOCH", epochs)
    if trainer.startswith("RAda"):
        return ("TRAINER.RADA.OPTIM.LR", rate, *options)
    if trainer.startswith("DePT"):
        options += ("TRAINER.DEPT.OPTIM.LR", str(round(6.5 * float(rate), 5)))
    if trainer == "PromptSRC":
        options += ("TRAINER.PROMPTSRC.GPA_MEAN", str(0.75 * int(epochs)))
    return (RATE, rate, *options)


def register_tuning_set() -> None:
    """Blueprints rendered with a seed that no table uses."""
    from dassl.data.datasets import DATASET_REGISTRY
    from rada.datasets.shapes import Blueprints

    @DATASET_REGISTRY.register()
    class BlueprintsTuning(Blueprints):
        seed = 1000


def accuracy(arguments: list[str]) -> float:
    """Test accuracy, percent, of one call of train.py."""
    import train

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return train.main(arguments).metrics["test/accuracy"]


def score(trainer: str, options: tuple[str, ...], seed: int, root: str) -> tuple[float, float]:
    """Base and new accuracy of one setting and seed; zero if its loss is not finite."""
    with tempfile.TemporaryDirectory() as output:
        common = [
            *("--root", root, "--seed", str(seed), "--trainer", trainer),
            *("--config-file", f"configs/trainers/{trainer}/world.yaml"),
        ]
        base, new = (str(Path(output, half)) for half in ("base", "new"))
        options = [*BLUEPRINTS, *options, "DATASET.SUBSAMPLE_CLASSES"]
        try:
            first = accuracy([*common, "--output-dir", base, *options, "base"])
        except FloatingPointError:
            return 0.0, 0.0
        loaded = ["--output-dir", new, "--model-dir", base, "--eval-only"]
        return first, accuracy([*common, *loaded, *options, "new"])


def main() -> None:
    """Print every setting's numbers and the best setting of each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default="data", help="where pictures are rendered")
    parser.add_argument("--trainers", default=",".join(RATES), help="names with commas between")
    parser.add_argument("--json", help="also write all numbers to this file")
    args = parser.parse_args()
    use_dassl()
    register_tuning_set()
    rows = []
    for trainer in args.trainers.split(","):
        best = (-1.0, ())
        for options in grid(trainer):
            pairs = [score(trainer, options, seed, args.root) for seed in SEEDS]
            base, new = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
            mean = sum(harmonic_mean(*pair) for pair in pairs) / len(pairs)
            rows.append(
                {"trainer": trainer, "setting": options, "base": base, "new": new, "hm": mean}
            )
            row = f"{trainer:11} {' '.join(options):75} {base:5.1f} {new:5.1f} {mean:6.2f}"
            print(row, flush=True)
            best = max(best, (mean, options))
        print(f"{trainer}: {' '.join(best[1])}", flush=True)
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
