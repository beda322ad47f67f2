"""Choose the rates of full fine-tuning in configs/trainers/*/world*.yaml.

    python -m benchmarks.tune_fine_tuning [--trainers FT,FLYP]

Four rates a method, equally many for each, fixed before any two were compared. Only things is
looked at, rendered with a seed of its own: what counts is the best epoch's accuracy on validation
pictures; no shift is ever seen. Not tuned are L2SP and LPFT, which learn as FT's grid chose (LPFT's
probe as LinearProbe's, times the scale that its rows have in them), and RAdaFT: its encoders learn
as FLYPCE's grid chose, its mask as RAda's did. docs/full_fine_tuning.md has the result.
"""

import argparse
import contextlib
import io
import tempfile

from rada.toolbox import use_dassl

SEED = "11"
ENCODERS = ("0.00003", "0.0001", "0.0003", "0.001")
RATES = {
    "LinearProbe": ("0.001", "0.003", "0.01", "0.03"),
    "RAda": ("0.0003", "0.001", "0.003", "0.01"),
    **dict.fromkeys(("FT", "FLYP", "FLYPCE"), ENCODERS),
}
OWN_CONFIG = {"LinearProbe": "world_finetune", "RAda": "world_finetune"}


def register_tuning_set() -> None:
    """Things rendered with a seed that no table uses."""
    from dassl.data.datasets import DATASET_REGISTRY
    from rada.datasets.things import Things

    @DATASET_REGISTRY.register()
    class ThingsTuning(Things):
        seed = 1000


def score(trainer: str, rate: str, root: str) -> float:
    """The best epoch's validation accuracy, percent, at a rate; zero if its loss is not finite."""
    import train

    config = OWN_CONFIG.get(trainer, "world")
    key = "TRAINER.RADA.OPTIM.LR" if trainer == "RAda" else "OPTIM.LR"
    with tempfile.TemporaryDirectory() as output:
        words = ["--root", root, "--seed", SEED, "--trainer", trainer, "--output-dir", output]
        words += ["--config-file", f"configs/trainers/{trainer}/{config}.yaml"]
        words += ["DATASET.NAME", "ThingsTuning", key, rate]
        quiet = io.StringIO()
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            try:
                return train.main(words).best_result
            except FloatingPointError:
                return 0.0


def main() -> None:
    """Print every rate's accuracy and the best rate of each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default="data", help="where pictures are rendered")
    parser.add_argument("--trainers", default=",".join(RATES), help="names with commas between")
    args = parser.parse_args()
    use_dassl()
    register_tuning_set()
    for trainer in args.trainers.split(","):
        found = {rate: score(trainer, rate, args.root) for rate in RATES[trainer]}
        row = "  ".join(f"{rate} {accuracy:.2f}" for rate, accuracy in found.items())
        print(f"{trainer:12} {row}  best {max(found, key=found.get)}", flush=True)


if __name__ == "__main__":
    main()
