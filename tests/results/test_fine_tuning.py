"""Full fine-tuning: the papers' rows, WiSE-FT's curves."""

import csv
import json

import pytest

from rada.data.families import shifts_of
from rada.experiments import wise_ft
from rada.experiments.published import FULL_FINE_TUNING
from rada.experiments.report import report

SHIFTS = shifts_of("imagenet")
ALL = {"shots": -1}


@pytest.fixture
def tuned(experiment):
    """FLYPCE and RAdaFT on ImageNet and its shifts, two seeds."""
    for trainer, gain in (("FLYPCE", 0.0), ("RAdaFT", 2.0)):
        for seed in (1, 2):
            more = {"classes": "all", "place": ALL, "seconds": {"train": 100.0}}
            experiment.add("tuned", "imagenet", trainer, seed, 80.0 + gain + seed, **more)
            for place, shift in enumerate(SHIFTS):
                accuracy = 40.0 + 5 * place + gain
                experiment.add("shifted", shift, trainer, seed, accuracy, **more)
    return experiment


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_row_for_each_trainer_in_the_papers_order(tuned):
    lines = report(tuned.root)[0].splitlines()
    assert lines[0] == "fine-tuned on imagenet, all training pictures"
    assert cells(lines[2]) == [
        *("imagenet (source)", "imagenetv2", "imagenet_r", "imagenet_a"),
        *("imagenet_sketch", "objectnet", "average of 5"),
    ]
    flyp, rada, delta = lines[4:7]
    assert cells(flyp)[:3] == ["FLYPCE", "81.5 ±0.5", "40.0 ±0.0"]
    assert cells(rada)[-1] == "52.0 ±0.0" and cells(delta)[0] == "RAdaFT - FLYPCE"
    assert cells(delta)[1] == "+2.0 ±0.0"


def test_sets_that_were_tuned_on_have_their_own_tables(tuned):
    for name in ("things", "things_a"):
        part = "tuned" if name == "things" else "shifted"
        tuned.add(part, name, "FT", 1, 70.0, classes="all", place=ALL | {"config": "world"})
    text = report(tuned.root)[0]
    first, second = text.split("fine-tuned on things")
    assert "FLYPCE" in first and "FLYPCE" not in second and "things_a" not in first


def test_published_rows_and_averages(tuned):
    text = report(tuned.root, published=True)[0]
    assert "RAda-FT (quoted)" in text and "fine-tuned on all of ImageNet" in text
    for method, (average,) in FULL_FINE_TUNING.averages.items():
        shifts = [FULL_FINE_TUNING.datasets[shift][method][0] for shift in SHIFTS]
        assert sum(shifts) / 5 == pytest.approx(average, abs=0.05)


@pytest.fixture
def mixed(tuned):
    """RAdaFT between its start, 60 and 50, and its end, 80 and 40; seed 2 by old names."""
    for name in ("imagenet", *SHIFTS):
        low, high = (60.0, 80.0) if name == "imagenet" else (50.0, 40.0)
        for seed in (1, 2):
            folder = tuned.add("mixed", name, "RAdaFT", seed, high, classes="all", place=ALL)
            accuracies = {a: low + a * (high - low) + seed for a in (0, 0.5, 1)}
            results = {"metrics": {"accuracy": high + seed}}
            if seed == 1:
                mixtures = [{"coefficient": a, "accuracy": v} for a, v in accuracies.items()]
                results["wise_ft"] = mixtures
            else:
                by_name = {f"accuracy_at_{a:g}": v for a, v in accuracies.items()}
                results["metrics"] |= by_name
            (folder / "results.json").write_text(
                json.dumps(
                    {"dataset": name, "trainer": "RAdaFT", "seed": seed, "classes": "all"} | results
                )
            )
    return tuned


def test_curves(mixed):
    text = wise_ft.report(mixed.root)
    lines = text.splitlines()
    assert lines[0] == "WiSE-FT on imagenet: RAdaFT, all training pictures"
    rows = {cells(line)[0]: cells(line)[1:] for line in lines[4:7]}
    assert list(rows) == ["a = 0", "a = 0.5", "a = 1"]
    assert rows["a = 0.5"][0] == "71.5 ±0.5" and rows["a = 0.5"][-1] == "46.5 ±0.5"
    assert (mixed.root / "wise_ft.png").read_bytes().startswith(b"\x89PNG")
    with (mixed.root / "wise_ft.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [(row["coefficient"], row["accuracy"], row["shifts"]) for row in found] == [
        *(("0.0", "61.5", "51.5"), ("0.5", "71.5", "46.5"), ("1.0", "81.5", "41.5"))
    ]


def test_mixtures_stay_out_of_the_table(mixed):
    assert cells(report(mixed.root)[0].splitlines()[4])[0] == "FLYPCE"
    assert "no finished mixture" not in wise_ft.report(mixed.root)


def test_without_mixtures_it_says_what_to_run(tuned):
    with pytest.raises(FileNotFoundError, match="no finished mixture in .*wise_ft.sh"):
        wise_ft.report(tuned.root)
