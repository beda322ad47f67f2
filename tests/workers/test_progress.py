"""What is told of a sweep: counts, time left, the file that `rada status` reads."""

import json

import pytest

from rada.workers import progress, status
from rada.workers.progress import Progress
from rada.workers.state import State, read_states


def test_counts_add_up_and_time_left_is_that_of_the_runs_so_far():
    state = State("sweep", total=10, skipped=2, done=2, seconds=20.0, at_once=2, left_out=1)
    state.failed, state.running = ["a: broken"], {"b": 100.0, "c": 95.0}
    assert state.waiting == 2
    # two wait (10 s each); of the two that run 6 s and 1 s are left at 104; two at a time
    assert state.left(104.0) == pytest.approx((20 + 6 + 1) / 2)
    words = state.words(104.0)
    assert words.startswith("4 of 10 runs done, 2 of them before, 2 running, 1 failed, 1 left out")
    assert words.endswith(", 2 waiting, 00:13 left")
    assert State("sweep", total=3).left(0.0) is None


@pytest.fixture
def watched(tmp_path, monkeypatch, capsys):
    """A sweep of four runs under way, one of them failed with the test that needs it."""
    monkeypatch.setattr(progress, "EVERY", -1.0)
    sweep = Progress(tmp_path / "base2new", at_once=2, apart=True)
    sweep.begin(total=5, skipped=1)
    sweep.started("a")
    sweep.ended("a", 2.0, "50.0%")
    sweep.started("b")
    sweep.failed("b", "b (exit code 1): no picture", 1)
    sweep.started("c")
    return sweep


def test_status_tells_of_a_sweep_elsewhere(watched, tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "base2new"):
        assert status.cli([str(folder)]) == 0
        out = capsys.readouterr().out
        assert (
            "2 of 5 runs done, 1 of them before, 1 running, 1 failed, 1 left out, 0 waiting" in out
        )
        assert "s: c\n" in out and "failed: b (exit code 1): no picture" in out
        assert "news 0 s ago" in out


def test_a_sweep_without_news_is_told(watched, tmp_path, capsys):
    state = read_states(tmp_path)[0]
    assert "stopped, or its machine is lost" in status.report(state, state.date + 61)
    watched.close("stopped")
    assert ", stopped 61 s ago)" in status.report(*(read_states(tmp_path)[0], state.date + 61.4))


@pytest.mark.parametrize("change", [{"total": "5"}, {"running": ["c"]}, {"failed": 3}, {"x": 1}])
def test_files_of_another_shape_are_left_out(watched, tmp_path, change):
    path = next(tmp_path.glob("*/sweeps/*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert read_states(tmp_path) == []
    path.write_text("{")
    assert read_states(tmp_path) == []


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_mistakes_end_in_one_line(tmp_path, folder, capsys):
    assert status.cli([str(tmp_path / folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_failures_are_the_last_ones(tmp_path):
    state = State("sweep", total=9, failed=[f"run {n}" for n in range(9)])
    assert "4 failures before" in status.report(state, 1.0)
    assert "run 8" in status.report(state, 1.0) and "run 3" not in status.report(state, 1.0)
