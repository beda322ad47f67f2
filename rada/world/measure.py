"""Zero-shot and linear-probe accuracy of the tiny CLIP on every set: python -m rada.world.measure

The only numbers that were looked at while the sets were made (docs/world.md).
"""

import argparse
import json
import math
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from rada.backbones.weights import TINY_CLIP_FILE, import_clip, read_state_dict
from rada.files import sha256
from rada.world import handwriting, things
from rada.world.classes import CLASSNAMES
from rada.world.evaluate import accuracy, image_features, text_features
from rada.world.sets import FINAL_SEED, SETS, draw_part

TEMPLATE = "a photo of a {}."
SHOTS = 16
EXPECTED = Path(__file__).parent / "expected.json"
SIZES = ("input_resolution", "context_length", "vocab_size")


def load(path: str = str(TINY_CLIP_FILE)) -> nn.Module:
    """The checkpoint as the stock package builds it, in float32."""
    state = {k: v for k, v in read_state_dict(path).items() if k not in SIZES}
    return import_clip().model.build_model(state).float().eval().requires_grad_(False)


def measure(model: nn.Module, train: tuple, test: tuple, classnames: list[str]) -> dict[str, float]:
    """Accuracies in per cent, on each half of the classes and (zero-shot) on all of them."""
    tokens = import_clip().tokenize([TEMPLATE.format(name) for name in classnames])
    texts, half = text_features(model, tokens), math.ceil(len(classnames) / 2)
    seen, labels = image_features(model, test[0]), test[1]
    shots, shot_labels = image_features(model, train[0]), train[1]
    result = {"zero_shot_all": accuracy(seen, texts, labels)}
    for name, low, high in (("base", 0, half), ("new", half, len(classnames))):
        inside, drawn = _between(labels, low, high), _between(shot_labels, low, high)
        result[f"zero_shot_{name}"] = accuracy(seen[inside], texts[low:high], labels[inside] - low)
        chosen = drawn & _first(shot_labels, SHOTS)
        result[f"linear_probe_{name}"] = linear_probe(
            shots[chosen], shot_labels[chosen], seen[inside], labels[inside]
        )
    return {key: round(value, 2) for key, value in result.items()}


def linear_probe(train: Tensor, train_labels: Tensor, test: Tensor, labels: Tensor) -> float:
    """Accuracy in per cent of logistic regression on normalised features, C = 100."""
    from sklearn.linear_model import LogisticRegression

    probe = LogisticRegression(C=100, max_iter=1000).fit(train.numpy(), train_labels.numpy())
    return 100 * probe.score(test.numpy(), labels.numpy())


def measure_set(model: nn.Module, name: str, strength: float = 1.0, seed: int = FINAL_SEED):
    """`measure` on one of the six sets; strength 0 is the control without shift."""
    if name == "digits":
        parts = handwriting.draw_parts(seed)
        return measure(model, parts["train"], parts["test"], handwriting.CLASSNAMES)
    parts = [draw_part(name, part, strength, seed) for part in ("train", "test")]
    return measure(model, *parts, CLASSNAMES[name])


def measure_things(model: nn.Module, seed: int = FINAL_SEED) -> dict[str, dict[str, float]]:
    """Zero-shot accuracy on things and each of its shifts, in per cent, and of a linear probe.

    The probe is trained on all training pictures of things.
    """
    tokens = import_clip().tokenize([TEMPLATE.format(name) for name in things.CLASSNAMES])
    texts = text_features(model, tokens)
    pictures, train_labels = things.draw_part("things", "train", seed=seed)
    train, result = image_features(model, pictures), {}
    for name in things.STYLES:
        pictures, labels = things.draw_part(name, "test", seed=seed)
        seen = image_features(model, pictures)
        probe = linear_probe(train, train_labels, seen, labels)
        result[name] = {
            "zero_shot_all": round(accuracy(seen, texts, labels), 2),
            "linear_probe": round(probe, 2),
        }
    return result


def _between(labels: Tensor, low: int, high: int) -> Tensor:
    return (labels >= low) & (labels < high)


def _first(labels: Tensor, count: int) -> Tensor:
    """The first `count` pictures of every class; labels are sorted."""
    position = torch.arange(len(labels)) - torch.searchsorted(labels, labels)
    return position < count


def sample_accuracy(model: nn.Module, name: str) -> float:
    """Zero-shot accuracy in per cent on the validation pictures: a quick check of the model."""
    if name == "digits":
        parts, classnames = handwriting.draw_parts(FINAL_SEED)["val"], handwriting.CLASSNAMES
    else:
        parts, classnames = draw_part(name, "val"), CLASSNAMES[name]
    tokens = import_clip().tokenize([TEMPLATE.format(name) for name in classnames])
    texts = text_features(model, tokens)
    return round(accuracy(image_features(model, parts[0]), texts, parts[1]), 2)


def main() -> None:
    """Print one line a set; with --record also write rada/world/expected.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", default=str(TINY_CLIP_FILE), help="checkpoint to measure")
    parser.add_argument("--record", action="store_true", help="write the numbers the tests expect")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    model, names = load(args.file), [*SETS, "digits"]
    record = {
        "sha256": sha256([Path(args.file).read_bytes()]),
        "shifted": {name: measure_set(model, name) for name in names},
        "plain": {name: measure_set(model, name, 0.0) for name in SETS},
        "things": measure_things(model),
        "sample": {name: sample_accuracy(model, name) for name in names},
    }
    for part in ("shifted", "plain", "things"):
        _print(part, record[part])
    if args.record:
        EXPECTED.write_text(json.dumps(record, indent=1) + "\n")


def _print(title: str, rows: dict[str, dict[str, float]]) -> None:
    keys = list(next(iter(rows.values())))
    means = {key: sum(row[key] for row in rows.values()) / len(rows) for key in keys}
    print(f"{title:16}" + "".join(f"{key.replace('_', ' '):>20}" for key in keys))
    for name, row in {**rows, "average": means}.items():
        print(f"{name:16}" + "".join(f"{row[key]:20.1f}" for key in keys))


if __name__ == "__main__":
    main()
