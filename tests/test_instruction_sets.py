"""Which instruction sets are run, and that a failure in one of them is a failure."""

import pytest

from tests import instruction_sets
from tests.instruction_sets import SETS, VARIABLES, environment, taken


def test_each_set_replaces_what_the_environment_says(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "other")
    for name, values in SETS.items():
        found = environment(name)
        assert [found.get(variable) for variable in VARIABLES] == [*values, *[None] * 3][:3]


def test_this_processor_takes_what_it_is():
    capability, _ = taken("own")
    assert capability == capability.lower() != ""


FEW = {"default": ("default", "default"), "avx2": ("avx2", "avx2"), "own": ("avx512", "")}


@pytest.mark.parametrize(
    "found, left_out",
    [
        (FEW, {}),
        (FEW | {"own": FEW["avx2"]}, {"own": "it is avx2"}),  # a processor without AVX-512
        (
            dict.fromkeys(FEW, ("sve256", "")),  # one of another kind
            {
                "default": "does not take ATEN_CPU_CAPABILITY=default here, it computes by sve256",
                "avx2": "does not take ATEN_CPU_CAPABILITY=avx2 here, it computes by sve256",
            },
        ),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(found, left_out, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(instruction_sets, "taken", found.get)
    monkeypatch.setattr(instruction_sets, "run", lambda *run: ran.append(run[:2]) or 0)
    assert instruction_sets.main([]) == 0
    assert ran == [(name, threads) for name in SETS if name not in left_out for threads in (1, 2)]
    lines = [line for line in capsys.readouterr().out.splitlines() if "left out" in line]
    assert len(lines) == len(left_out)
    assert all(reason in line for line, reason in zip(lines, left_out.values(), strict=True))


def test_a_failure_is_named(monkeypatch, capsys):
    monkeypatch.setattr(instruction_sets, "taken", FEW.get)
    monkeypatch.setattr(instruction_sets, "run", lambda name, *rest: int(name == "avx2"))
    assert instruction_sets.main([]) == 1
    end = capsys.readouterr().out.splitlines()[-1]
    assert end == "failed: avx2 (avx2), threads: 1; avx2 (avx2), threads: 2"
