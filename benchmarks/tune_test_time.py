"""Choose the settings of TPT and RAdaTPT in configs/trainers/*/world.yaml.

    python -m benchmarks.tune_test_time [--trainers TPT]

As in benchmarks/tune.py: six settings each, the same for both, fixed before the two were compared,
on blueprints rendered with a seed of its own. What counts is the accuracy on all classes, averaged
over seeds of the views that no table uses; docs/test_time.md has the result.
"""

import argparse
import tempfile
from itertools import product

from benchmarks.tune import BLUEPRINTS, SEEDS, accuracy, register_tuning_set
from rada.toolbox import use_dassl

TRAINERS = ("TPT", "RAdaTPT")
RATES = ("0.0005", "0.005", "0.05")  # of AdamW; TPT's own in the middle
AUGMIX = ("off", "on")


def score(trainer: str, options: tuple[str, ...], seed: int, root: str) -> float:
    """Accuracy, percent, of one setting and seed."""
    with tempfile.TemporaryDirectory() as output:
        words = ["--root", root, "--seed", str(seed), "--trainer", trainer, "--output-dir", output]
        words += ["--config-file", f"configs/trainers/{trainer}/world.yaml"]
        return accuracy([*words, *BLUEPRINTS, *options, "DATASET.SUBSAMPLE_CLASSES", "all"])


def main() -> None:
    """Print every setting's accuracy and the best setting of each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default="data", help="where pictures are rendered")
    parser.add_argument("--trainers", default=",".join(TRAINERS), help="names with commas between")
    args = parser.parse_args()
    use_dassl()
    register_tuning_set()
    for trainer in args.trainers.split(","):
        best = (-1.0, ())
        for rate, augmix in product(RATES, AUGMIX):
            options = ("TEST.OPTIM.LR", rate, "TEST.AUGMIX", augmix)
            scores = [score(trainer, options, seed, args.root) for seed in SEEDS]
            mean = sum(scores) / len(scores)
            print(f"{trainer:8} {' '.join(options):45} {mean:6.2f}", flush=True)
            best = max(best, (mean, options))
        print(f"{trainer}: {' '.join(best[1])}", flush=True)


if __name__ == "__main__":
    main()
