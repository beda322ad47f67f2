"""What all benchmarks share: options, numbers in tables, JSON, mistakes in one line."""

import json
import re
from argparse import Namespace

import pytest
import torch

from benchmarks import head, steps
from benchmarks.report import publish, tell
from benchmarks.surroundings import command
from benchmarks.tables import shown


@pytest.mark.parametrize(
    "value, digits, text",
    [
        (None, 1, "-"),
        ("not run", 1, "not run"),
        (1575936, 1, "1,575,936"),
        (1234.56, 1, "1,235"),
        (123.456, 2, "123.5"),
        (12.3456, 2, "12.35"),
        (0.04, 1, "0.0"),
        (-12.34, 1, "-12.3"),
    ],
)
def test_numbers_in_tables(value, digits, text):
    assert shown(value, digits) == text


def test_the_json_is_whole_after_each_row(tmp_path, capsys):
    file = tmp_path / "a.json"

    def rows():
        yield {"K": 5, "ms": 1.5}
        assert len(json.loads(file.read_text())["rows"]) == 1
        yield {"K": 6, "ms": 2.5}

    assert publish(Namespace(json=file, device="cpu", threads=1), rows(), digits=1) == 0
    report = json.loads(file.read_text())
    assert report["rows"] == [{"K": 5, "ms": 1.5}, {"K": 6, "ms": 2.5}] and report["digits"] == 1
    told = {"command", "device", "cores", "threads", "torch", "python", "pillow", "clip", "OS"}
    assert report.keys() == told | {"date", "digits", "rows"}
    assert re.search(r"5 +1\.5\n +6 +2\.5", capsys.readouterr().out)


def test_a_mistake_comes_behind_the_rows_before(capsys):
    def rows():
        yield {"K": 5}
        raise ValueError("there is no six")

    assert publish(Namespace(json=None), rows()) == 2
    out, err = capsys.readouterr()
    assert "5" in out and err.splitlines()[-1].endswith("error: there is no six")


def test_too_little_memory_names_the_options(capsys):
    def rows():
        tell("train K=7 B=9")
        yield {"K": torch.empty(10**15)}

    assert publish(Namespace(json=None, classes=[7], batch=[9]), rows()) == 2
    line = capsys.readouterr().err.splitlines()[-1].split("\r")[-1].strip()
    assert line == "error: out of memory at train K=7 B=9; lower --classes or --batch"


def test_other_errors_are_no_mistakes():
    def rows():
        yield {"K": 1 + torch.zeros(2) @ torch.zeros(3)}

    with pytest.raises(RuntimeError):
        publish(Namespace(json=None), rows())


def test_the_command_says_nothing_of_this_machine(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/a/b/head.py", "--json", "/c/d.json", "--classes", "5"])
    assert command() == "python benchmarks/head.py --classes 5"
    monkeypatch.setattr("sys.argv", ["head.py", "--json=/c/d.json"])
    assert command() == "python benchmarks/head.py"


@pytest.mark.parametrize(
    "main, arguments, message",
    [
        (head.main, ("--classes", "0"), '"0" is no list of numbers above 0, such as 50,500'),
        (head.main, ("--classes", "5,x"), '"5,x" is no list of numbers above 0'),
        (head.main, ("--repeats", "0"), "--repeats must be 1 or more, got 0"),
        (head.main, ("--device", "tpu"), 'device "tpu" is not here; take cpu'),
        (head.main, ("--what", "1"), "unrecognized arguments: --what 1"),
        (head.main, ("--classes", "100000", "--batch", "100000"), "at train K=100000 B=100000; l"),
        (steps.main, ("--trainers", "Foo"), 'no RAda version of "Foo"; known: ZeroshotCLIP'),
        (steps.main, ("--backbone", "ViT-B/17"), 'unknown backbone "ViT-B/17" (did you mean'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(main, arguments, message, capsys):
    try:
        code = main(list(arguments))
    except SystemExit as stop:  # argparse's
        code = stop.code
    lines = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert code == 2 and len(lines) == 1 and message in lines[0]
