"""docs/benchmarks.md is made of stored results, and of all of them."""

import re

from benchmarks import page, stored
from benchmarks.cost_rows import COSTS, SHARES
from benchmarks.declared import BENCHMARKS
from tests.benchmarks.reports import report


def squeezed(text: str) -> str:
    """With single spaces."""
    return re.sub(" +", " ", text)


def test_the_page_is_what_is_stored():
    expected = page.page(stored.small_runs(), stored.longer_runs())
    assert page.PAGE.read_text() == expected, "run python benchmarks/all.py --page"


def test_what_is_stored_has_the_declared_columns():
    small = [
        (name, report) for runs in stored.small_runs().values() for name, report in runs.items()
    ]
    longer = [(file.partition("-")[0], run) for file, run in stored.longer_runs().items()]
    declared = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    for name, kept in small + longer:
        for row in kept["rows"]:
            assert {*declared[name].keys, *declared[name].times} <= row.keys(), name


def test_a_small_run():
    text = page.page({"amd-epyc-2-cores": {"head": report(2.345, seconds=61.7)}}, {})
    assert "## All on AMD EPYC, 2 cores: 62 seconds" in text
    assert "| [head](#head) | A step of the exact RAda head" in squeezed(text)
    assert "\n    python benchmarks/head.py\n" in text
    place = "2026-11-28, AMD EPYC, 2 cores, 2 threads, torch 2.14.1, Python 3.11.7, Pillow 13.0.0,"
    place += " clip-anytorch 2.6.0, Debian GNU/Linux 12, took 62 s."
    assert place in " ".join(text.split())
    lines = squeezed(text).splitlines()
    assert "| train | 50 | 1 | 2.3 | 4.0 |" in lines
    assert "| train | 1,000 | 1 | 9.0 | not run |" in lines
    assert "## steps" not in text  # nothing is stored of it


def test_longer_runs_follow_with_their_own_places_and_notes():
    gpu = report(7.0, device="NVIDIA H100", note="Other work ran at times.")
    longer = {"head": report(8.0, threads=1), "head-h100": gpu, "headless": report(9.0)}
    text = page.page({"amd-epyc-2-cores": {"head": report(2.0, seconds=1)}}, longer)
    assert "## headless" not in text
    _, first, second = squeezed(text).split("### A longer run of head")
    assert "AMD EPYC, 2 cores, 1 thread, torch" in first and "| 8.0 |" in first
    assert "2026-11-28, NVIDIA H100, 2 cores" in second and "| 7.0 |" in second
    assert "Other work ran at times." in second


def test_costs_and_the_masks_share_are_two_tables():
    none = dict.fromkeys((*COSTS, *SHARES))
    rows = [
        {"trainer": "CoOp", "K": 50, "B": 4, **none, "train ms": 1000.0},
        {"trainer": "RAdaCoOp", "K": 50, "B": 4, **none, "mask learned %": 99.87},
    ]
    text = page.page({}, {"cost": report(0.0, rows=rows, digits=2)})
    costs, _, masks = squeezed(text).partition("Of these the mask's, percent:")
    assert "| CoOp | 50 | 4 |" in costs and "| RAdaCoOp | 50 | 4 |" in costs
    assert "| CoOp | 50 | 4 |" not in masks and "| RAdaCoOp | 50 | 4 | 99.87 |" in masks
