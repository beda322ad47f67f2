"""Times are the least of alternating calls."""

from benchmarks import turns
from benchmarks.turns import alternate, take_turns


def test_sides_take_turns_after_a_warm_up():
    order = []
    sides = {name: lambda name=name: order.append(name) for name in "ab"}
    assert alternate(sides, repeats=2).keys() == {"a", "b"}
    assert "".join(order) == "ab" + "abab"


def test_the_least_time_counts(monkeypatch):
    seconds = iter([5.0, 1.0, 3.0, 2.0, 4.0, 7.0])
    monkeypatch.setattr(turns, "timed", lambda call: next(seconds))
    assert take_turns({"a": None, "b": None}, repeats=3) == {"a": 3.0, "b": 1.0}


def test_a_case_ends_early_but_has_two_turns():
    calls = []
    take_turns({"a": lambda: calls.append(1)}, repeats=9, seconds=0)
    assert len(calls) == 2
