"""`python benchmarks/all.py`: runs all, compares with the last run, writes the page."""

import importlib
import json
import re
import subprocess

import pytest

from benchmarks import all as every
from benchmarks import page, stored
from benchmarks.declared import BENCHMARKS
from tests.benchmarks.reports import report

HEAD = next(benchmark for benchmark in BENCHMARKS if benchmark.name == "head")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Results and page in a temporary folder."""
    for name in ("small_runs", "longer_runs", "keep"):
        function = getattr(stored, name)
        here = lambda *words, function=function: function(*words, folder=tmp_path)  # noqa: E731
        monkeypatch.setattr(stored, name, here)
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    return tmp_path


@pytest.fixture
def runs(monkeypatch):
    """Let benchmarks not run but leave these reports, by name; or fail if there is none."""
    reports: dict[str, dict] = {}

    def run(words, check, cwd):
        name = words[1].rpartition("/")[2].removesuffix(".py")
        if name in reports:
            with open(words[words.index("--json") + 1], "w") as file:
                json.dump(reports[name], file)
        return subprocess.CompletedProcess(words, 0 if name in reports else 2)

    monkeypatch.setattr(every.subprocess, "run", run)
    return reports


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda b: b.name)
def test_a_declaration_fits_its_benchmark(benchmark):
    module = importlib.import_module(f"benchmarks.{benchmark.name}")
    options = module.parse([*benchmark.small, "--json", "x.json"])
    assert hasattr(options, "device") == benchmark.on_device


def test_times_are_compared_by_their_rows():
    now = report(3.0)
    now["rows"].append({"step": "test", "K": 50, "B": 1, "exact ms": 1.0, "dense ms": 2.0})
    first, second, third, fourth, new, _ = every.changes(HEAD, report(2.0), now)
    key = {"step": "train", "K": 50, "B": 1}
    assert first == key | {"what": "exact ms", "last": 2.0, "now": 3.0, "change %": 50.0}
    assert second["change %"] == 0 and third["change %"] == 0
    assert (fourth["last"], fourth["now"], fourth["change %"]) == ("not run", "not run", None)
    assert (new["last"], new["now"], new["change %"]) == (None, 1.0, None)


def test_two_runs_are_stored_and_compared(elsewhere, runs, capsys):
    runs["head"] = report(2.0)
    assert every.main(["--only", "head"]) == 0
    assert "since" not in capsys.readouterr().out
    runs["head"] = report(3.0)
    assert every.main(["--only", "head"]) == 0
    out = re.sub(" +", " ", capsys.readouterr().out)
    assert "since 2026-11-28, torch 2.14.1:" in out
    assert " train 50 1 exact ms 2.0 3.0 50.0" in out
    (file,) = (elsewhere / "small").iterdir()
    assert file.name == "amd-epyc-2-cores.json"
    assert json.loads(file.read_text())["head"]["rows"][0]["exact ms"] == 3.0
    assert "| 3.0 |" in re.sub(" +", " ", (elsewhere / "benchmarks.md").read_text())


def test_one_that_fails_is_named_and_the_others_run(elsewhere, runs, capsys):
    runs["reading"] = report(2.0, rows=[{"shots": "all", "seconds": 0.5}])
    assert every.main(["--only", "reading,loading,head"]) == 1
    assert capsys.readouterr().err.strip() == "failed: head, loading"
    assert "## reading" in (elsewhere / "benchmarks.md").read_text()


def test_the_page_alone_runs_nothing(elsewhere, runs):
    stored.keep("head", report(2.0, seconds=3))
    assert every.main(["--page"]) == 0
    assert "## head" in (elsewhere / "benchmarks.md").read_text()


def test_mistakes_are_one_line(elsewhere, runs, capsys):
    assert every.main(["--only", "head,foo"]) == 2
    assert capsys.readouterr().err.startswith('error: no benchmark "foo"; known: head, steps, ')
    (elsewhere / "small").mkdir()
    (elsewhere / "small" / "a.json").write_text("{")
    assert every.main(["--page"]) == 2
    assert re.search(r"^error: .*a\.json is damaged \(.*\); remove it\n$", capsys.readouterr().err)


def test_machines_are_told_apart():
    assert stored.machine({"device": "AMD EPYC", "cores": 2}) == "amd-epyc-2-cores"
    gpu = {"device": "NVIDIA H100 80GB HBM3", "cores": 16}
    assert stored.machine(gpu) == "nvidia-h100-80gb-hbm3-16-cores"


def test_all_benchmarks_are_declared():
    names = {each.name for each in BENCHMARKS}
    scripts = {f.stem for f in every.ROOT.glob("benchmarks/*.py") if "def parse" in f.read_text()}
    assert names == scripts, "a benchmark lacks its declaration in benchmarks/declared.py"
